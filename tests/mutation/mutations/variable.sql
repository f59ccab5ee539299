-- fixture: shop-variable

-- mode-role: breaks completeness
update federation.packs set identity_mode = 'role';

-- binding-added: breaks isolation
-- given: create role intruder login; grant shop_tenant to intruder
update federation.tenants set role_name = 'intruder' where tenant_id = 'T001';

-- group-public: breaks isolation
-- given: create role outsider login
grant shop_tenant to outsider with admin option;

-- select-true: breaks isolation
alter policy tenant_select on shop.orders using (true);

-- floor-dropped: breaks isolation
drop policy tenant_floor on shop.orders;

-- variable-stored: breaks isolation
alter database {database} set app.current_tenant_id = 'T001';

-- user-stored: breaks isolation
alter role shop_tenant set app.current_user_id = '';

-- tenant-suspended: harmless
update federation.tenants set status = 'suspended' where tenant_id = 'T002';

-- analyze: harmless
analyze;
