-- fixture: shop-signed

-- mode-role: breaks isolation
update federation.packs set identity_mode = 'role';

-- mode-variable: breaks isolation
update federation.packs set identity_mode = 'variable';

-- binding-added: breaks isolation
-- given: create role intruder login; grant shop_tenant to intruder
update federation.tenants set role_name = 'intruder' where tenant_id = 'T001';

-- binding-of-group: breaks isolation
update federation.tenants set role_name = 'shop_tenant' where tenant_id = 'T001';

-- application-reads-keys: breaks isolation
grant select on federation.pack_keys to shop_tenant;

-- application-writes-keys: breaks isolation
grant insert on federation.pack_keys to federation_tenant;

-- key-table-opened: breaks isolation
alter table federation.pack_keys owner to shop_tenant;

-- key-check-dropped: breaks completeness
alter table federation.pack_keys drop constraint pack_keys_pads_check;

-- enter-revoked: breaks completeness
revoke execute on function federation.enter(text, text) from federation_tenant;

-- challenge-revoked: breaks completeness
revoke execute on function federation.challenge() from federation_tenant;

-- enter-public: breaks isolation
grant execute on function federation.enter(text, text) to public;

-- enter-invoker: breaks completeness
alter function federation.enter(text, text) security invoker;

-- token-for-ever: breaks isolation
create or replace function federation.challenge() returns text language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp as $fn$ begin return pg_backend_pid()::text; end $fn$;

-- token-stored: breaks isolation
alter database {database} set app.tenant_token = 'v1.aaaaaaaaaaaaaaaa.9999999999.0.T001';

-- floor-by-variable: breaks isolation
alter policy tenant_floor on shop.orders using (tenant_id = current_setting('app.current_tenant_id', true)) with check (tenant_id = current_setting('app.current_tenant_id', true));

-- select-by-token-text: breaks isolation
alter policy tenant_select on shop.orders using (tenant_id = split_part(current_setting('app.tenant_token', true), '.', 5));

-- key-rotated: harmless
insert into federation.pack_keys (pack, key_id, inner_pad, outer_pad) values ('shop', repeat('b', 16), decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex'));

-- key-expired: harmless
update federation.pack_keys set expires_at = clock_timestamp();

-- tenant-suspended: harmless
update federation.tenants set status = 'suspended' where tenant_id = 'T002';
