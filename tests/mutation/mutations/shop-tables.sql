-- fixture: shop

-- key-without-tenant: breaks isolation
-- given: update shop.users set cognito_user_id = tenant_id
alter table shop.users add constraint users_cognito unique (cognito_user_id);

-- unique-index-without-tenant: breaks isolation
-- given: update shop.users set email = tenant_id || '@example.org'
create unique index users_everywhere on shop.users (lower(email));

-- key-tenant-second: breaks completeness
alter table shop.orders add constraint orders_turned unique (order_id, tenant_id);

-- key-tenant-included-only: breaks isolation
-- given: alter table shop.fulfillment drop constraint idx_fulfillment_tenant
alter table shop.fulfillment add constraint idx_fulfillment_tenant primary key (fulfillment_id) include (tenant_id);

-- exclusion-without-tenant: breaks isolation
-- given: create extension btree_gist
alter table shop.marketing_campaigns add constraint once exclude using gist (campaign_id with =, date with =);

-- key-dropped: breaks completeness
alter table shop.fulfillment drop constraint idx_fulfillment_tenant;

-- key-nulls-not-distinct: breaks completeness, since 15
-- given: drop index shop.idx_users_email
create unique index idx_users_email on shop.users (tenant_id, lower(email)) nulls not distinct;

-- email-index-not-unique: breaks completeness
-- given: drop index shop.idx_users_email
create index idx_users_email on shop.users (tenant_id, lower(email));

-- index-without-tenant: breaks isolation
create index by_date on shop.orders (order_date);

-- index-partial-for-one: breaks isolation
create index t001_only on shop.orders (order_date) where tenant_id = 'T001';

-- index-dropped: breaks completeness
drop index shop.idx_orders_region;

-- index-of-tenant-partial: breaks completeness
-- given: drop index shop.idx_orders_date
create index idx_orders_date on shop.orders (tenant_id, order_date) where order_status is null;

-- reference-without-tenant: breaks isolation
-- given: update shop.orders set order_id = tenant_id where tenant_id = 'T002'; alter table shop.orders drop constraint idx_orders_tenant cascade; alter table shop.orders add primary key (tenant_id, order_id), add unique (order_id)
alter table shop.fulfillment add constraint fulfillment_order_id_fkey foreign key (order_id) references shop.orders (order_id);

-- reference-crossed: breaks isolation
-- given: alter table shop.users add constraint odd unique (user_id, tenant_id)
alter table shop.audit_logs add constraint crossed foreign key (user_id, tenant_id) references shop.users (user_id, tenant_id) match full;

-- reference-dropped: breaks completeness
alter table shop.fulfillment drop constraint fulfillment_order_id_fkey;

-- reference-to-tenants-dropped: breaks completeness
alter table shop.orders drop constraint orders_tenant_id_fkey;

-- reference-set-null: breaks completeness
-- given: alter table shop.audit_logs drop constraint audit_logs_user_id_fkey
alter table shop.audit_logs add constraint audit_logs_user_id_fkey foreign key (tenant_id, user_id) references shop.users (tenant_id, user_id) on delete cascade;

-- reference-without-cascade: breaks completeness
-- given: alter table shop.fulfillment drop constraint fulfillment_order_id_fkey
alter table shop.fulfillment add constraint fulfillment_order_id_fkey foreign key (tenant_id, order_id) references shop.orders (tenant_id, order_id);

-- reference-deferred: breaks completeness
alter table shop.fulfillment alter constraint fulfillment_order_id_fkey deferrable initially deferred;

-- reference-not-enforced: breaks completeness, since 18
alter table shop.fulfillment alter constraint fulfillment_order_id_fkey not enforced;

-- reference-not-checked: breaks completeness
-- given: alter table shop.fulfillment drop constraint fulfillment_order_id_fkey
alter table shop.fulfillment add constraint fulfillment_order_id_fkey foreign key (tenant_id, order_id) references shop.orders (tenant_id, order_id) on delete cascade not valid;

-- tenant-nullable: breaks isolation
-- given: alter table shop.fulfillment drop constraint idx_fulfillment_tenant
alter table shop.fulfillment alter column tenant_id drop not null;

-- tenant-default-constant: breaks completeness
alter table shop.orders alter column tenant_id set default 'T002';

-- tenant-default-dropped: breaks completeness
alter table shop.orders alter column tenant_id drop default;

-- tenant-column-dropped: breaks both
alter table shop.fulfillment drop column tenant_id cascade;

-- tenant-column-renamed: breaks both
alter table shop.fulfillment rename column tenant_id to brand_id;

-- tenant-column-text: breaks completeness
-- given: drop view shop.visible_campaigns; drop policy tenant_select on shop.role_metric_visibility; drop policy tenant_insert on shop.role_metric_visibility; drop policy tenant_update on shop.role_metric_visibility; drop policy tenant_delete on shop.role_metric_visibility; drop policy tenant_floor on shop.role_metric_visibility
alter table shop.role_metric_visibility alter column tenant_id type text;

-- evidence-trigger-dropped: breaks completeness
drop trigger audit_logs_append_only on shop.audit_logs;

-- evidence-trigger-replica: breaks completeness
alter table shop.audit_logs enable replica trigger audit_logs_append_only;

-- evidence-date-trigger-dropped: breaks completeness
drop trigger audit_logs_created_at on shop.audit_logs;

-- evidence-update-granted: breaks completeness
grant update on shop.audit_logs to shop_tenant;

-- evidence-column-granted: breaks completeness
grant update (details) on shop.audit_logs to shop_tenant;

-- evidence-delete-granted: breaks completeness
grant delete on shop.audit_logs to shop_t001_role;

-- table-truncate-granted: breaks isolation
grant truncate on shop.orders to shop_tenant;

-- table-references-granted: breaks isolation
grant references on shop.orders to shop_tenant;

-- table-granted-to-tenant: breaks isolation
grant select on shop.orders to shop_t002_role;

-- table-granted-to-public: breaks isolation
grant select on shop.orders to public;

-- table-granted-to-departments: breaks isolation
grant select on shop.orders to federation_tenant;

-- table-granted-to-gateway: breaks isolation
grant select on shop.orders to cross_dept_query_role;

-- registry-insert-granted: breaks isolation
grant insert on shop.tenants to shop_tenant;

-- registry-plan-granted: breaks isolation
grant update (plan_tier) on shop.tenants to shop_tenant;

-- table-revoked: breaks completeness
revoke insert on shop.orders from shop_tenant;

-- schema-revoked: breaks completeness
revoke usage on schema shop from shop_tenant;

-- schema-create-granted: breaks isolation
grant create on schema shop to shop_tenant;

-- sequence-granted: breaks isolation
grant usage on sequence shop.fulfillment_fulfillment_id_seq to shop_tenant;

-- table-dropped: breaks completeness
drop table shop.governance_rules cascade;

-- table-extra: breaks completeness
create table shop.notes (tenant_id varchar(10) not null, note text);

-- table-extra-granted: breaks isolation
-- given: create table shop.notes (tenant_id varchar(10) not null, note text)
grant select on shop.notes to shop_tenant;

-- child-table: breaks isolation
create table shop.orders_2025 () inherits (shop.orders);

-- owner-of-table: breaks isolation
alter table shop.orders owner to shop_tenant;

-- rule-on-table: breaks isolation
create rule also as on insert to shop.orders do also notify ordered;

-- trigger-extra: breaks isolation
create trigger watch after insert on shop.orders for each row execute function federation.audit_tenant();

-- net-revenue-plain: breaks completeness
alter table shop.orders alter column net_revenue drop expression;

-- check-dropped: breaks completeness
alter table shop.orders drop constraint orders_gross_check;

-- unlogged: breaks completeness
alter table shop.role_metric_visibility set unlogged;

-- wider-column: harmless
alter table shop.users alter column cognito_user_id type varchar(500);

-- extra-index: harmless
create index extra on shop.orders (tenant_id, currency);

-- extra-column: harmless
alter table shop.orders add column remark text;

-- rename-constraint: harmless
alter table shop.orders rename constraint orders_gross_check to gross_is_positive;

-- rename-index: harmless
alter index shop.idx_orders_region rename to orders_by_region;

-- analyze: harmless
analyze shop.orders;

-- vacuum-full: harmless
vacuum full shop.orders;

-- reindex: harmless
reindex schema shop;

-- cluster: harmless
alter table shop.orders cluster on idx_orders_date;

-- storage-parameters: harmless
alter table shop.orders set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- statistics: harmless
create statistics shop.region_store on region, store_id from shop.orders;

-- comment-table: harmless
comment on table shop.orders is 'what was bought';

-- rows-of-tenants: harmless
-- given: set role federation_owner; set app.current_tenant_id = 'T002'
insert into shop.orders (order_id, order_date, gross_revenue) select 'X' || n, '2026-02-01', n from generate_series(1, 100) n;
