-- fixture: shop

-- disable: breaks isolation
alter table shop.orders disable row level security;

-- no-force: breaks isolation
alter table shop.users no force row level security;

-- no-force-registry: breaks isolation
alter table shop.tenants no force row level security;

-- drop-select: breaks completeness
drop policy tenant_select on shop.orders;

-- drop-insert: breaks completeness
drop policy tenant_insert on shop.audit_logs;

-- drop-floor: breaks isolation
drop policy tenant_floor on shop.orders;

-- drop-floor-of-registry: breaks isolation
drop policy tenant_floor on shop.tenants;

-- drop-governance: breaks isolation
drop policy governance on shop.orders;

-- drop-governance-of-campaigns: breaks isolation
drop policy governance on shop.marketing_campaigns;

-- extra-true: breaks isolation
create policy everybody on shop.orders using (true);

-- extra-not-null: breaks isolation
create policy everybody on shop.orders for select using (tenant_id is not null);

-- extra-any-tenant: breaks isolation
create policy everybody on shop.orders for select using ((select federation.current_tenant('shop')) is not null);

-- extra-for-one-tenant: breaks isolation
create policy vip on shop.orders for select to shop_t001_role using (true);

-- extra-for-group: breaks isolation
create policy members on shop.orders to shop_tenant using (tenant_id = (select federation.current_tenant('shop')));

-- extra-variable: breaks isolation
create policy by_setting on shop.orders for select using (tenant_id = current_setting('app.current_tenant_id', true));

-- extra-update-of-evidence: breaks isolation
create policy amend on shop.audit_logs for update using (tenant_id = (select federation.current_tenant('shop')));

-- extra-write-of-registry: breaks isolation
create policy rename on shop.tenants for update using (tenant_id = (select federation.current_tenant('shop')));

-- using-true: breaks isolation
alter policy tenant_select on shop.orders using (true);

-- using-first-tenant: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = 'T001');

-- using-both: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id in ((select federation.current_tenant('shop')), 'T002'));

-- using-variable: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = current_setting('app.current_tenant_id', true));

-- using-user-variable: breaks isolation
alter policy tenant_select on shop.users using (user_id = current_setting('app.current_user_id', true));

-- using-other-pack: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = (select federation.current_tenant('other')));

-- using-department: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = (select federation.current_tenant()));

-- using-role-name: breaks isolation
alter policy tenant_select on shop.orders using ('shop_' || lower(tenant_id) || '_role' = current_user);

-- using-prefix: breaks isolation
alter policy tenant_select on shop.orders using (starts_with(tenant_id, (select federation.current_tenant('shop'))));

-- using-length: breaks isolation
alter policy tenant_select on shop.orders using (length(tenant_id) = length((select federation.current_tenant('shop'))));

-- using-case-blind: breaks isolation
alter policy tenant_select on shop.orders using (lower(tenant_id) = lower((select federation.current_tenant('shop'))));

-- using-greater: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id >= (select federation.current_tenant('shop')));

-- using-or-null: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = (select federation.current_tenant('shop')) or tenant_id is null);

-- using-coalesce: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = coalesce((select federation.current_tenant('shop')), tenant_id));

-- using-sub-query: breaks isolation
alter policy tenant_select on shop.orders using (exists (select from shop.users u where u.user_id = store_id));

-- check-true: breaks isolation
alter policy tenant_insert on shop.orders with check (true);

-- check-lost-on-update: breaks isolation
alter policy tenant_update on shop.orders with check (tenant_id is not null);

-- floor-true: breaks isolation
alter policy tenant_floor on shop.orders using (true);

-- floor-check-true: breaks isolation
alter policy tenant_floor on shop.audit_logs with check (true);

-- floor-platform: breaks isolation
alter policy tenant_floor on shop.orders using (tenant_id = (select federation.current_tenant('shop')) or (select federation.is_platform()));

-- floor-to-group: breaks isolation
alter policy tenant_floor on shop.orders to shop_tenant;

-- registry-written-by-tenant: breaks isolation
alter policy tenant_write on shop.tenants using (tenant_id = (select federation.current_tenant('shop'))) with check (tenant_id = (select federation.current_tenant('shop')));

-- governance-permissive: breaks isolation
-- given: drop policy governance on shop.marketing_campaigns
create policy governance on shop.marketing_campaigns using ((select coalesce(current_setting('app.current_user_id', true), '') = '') or (select shop.user_role() <> ''));

-- governance-opened: breaks isolation
alter policy governance on shop.orders using (true);

-- governance-closed: breaks completeness
alter policy governance on shop.orders using (false);

-- governance-without-order: breaks isolation
alter policy governance on shop.fulfillment using ((select coalesce(current_setting('app.current_user_id', true), '') = '') or exists (select from shop.orders o where o.order_id = fulfillment.order_id));

-- unwrapped: breaks completeness
alter policy tenant_select on shop.orders using (tenant_id = federation.current_tenant('shop'));

-- rename-policy: harmless
alter policy tenant_select on shop.orders rename to own_orders;

-- comment-policy: harmless
comment on policy tenant_floor on shop.orders is 'holds everything up';

-- force-again: harmless
alter table shop.orders enable row level security, force row level security;

-- same-policy-again: harmless
-- given: drop policy tenant_select on shop.orders
create policy tenant_select on shop.orders for select using (tenant_id = (select federation.current_tenant('shop')));
