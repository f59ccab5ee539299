-- fixture: federation

-- table-granted: breaks isolation, for hr sales
grant select on sales_tenant.notifications to hr_role;

-- permitted-table-written: breaks isolation, for hr sales
grant update on sales_tenant.contacts to hr_role;

-- permitted-table-column: breaks isolation, for hr sales
grant update (notes) on sales_tenant.contacts to hr_role;

-- permitted-grant-option: breaks isolation, for hr sales
grant select on sales_tenant.contacts to hr_role with grant option;

-- permitted-truncate: breaks isolation, for hr sales
grant truncate on sales_tenant.contacts to hr_role;

-- schema-create: breaks isolation, for hr sales
grant create on schema sales_tenant to hr_role;

-- function-granted: breaks isolation, for hr sales
grant execute on function sales_tenant.purge_expired(integer) to hr_role;

-- sequence-granted: breaks isolation, for hr sales
grant select on sequence sales_tenant.conversation_history_id_seq to hr_role;

-- owner: breaks isolation, for hr sales
alter table sales_tenant.api_keys owner to hr_role;

-- row-security-off-on-permitted: breaks isolation, for sales
alter table sales_tenant.contacts disable row level security;

-- policy-for-hr: breaks isolation, for sales
create policy guests on sales_tenant.contacts to hr_role using (true) with check (true);

-- view-in-hr: breaks isolation, for hr sales
-- given: create view hr_tenant.theirs as select * from sales_tenant.api_keys
grant select on hr_tenant.theirs to hr_role;

-- definer-in-sales: breaks isolation, for hr sales
-- given: create function sales_tenant.keys() returns setof sales_tenant.api_keys language sql security definer as 'select * from sales_tenant.api_keys'; grant usage on schema sales_tenant to hr_role
grant execute on function sales_tenant.keys() to hr_role;

-- renamed-into-place: breaks both, for hr sales
-- given: drop schema hr_tenant cascade
alter schema sales_tenant rename to hr_tenant;

-- work-at-sales: harmless
insert into sales_tenant.contacts (contact_id) select 'y' || n from generate_series(1, 50) n;

-- comment-at-sales: harmless
comment on table sales_tenant.contacts is 'customers';
