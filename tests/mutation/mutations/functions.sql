-- fixture: federation

-- identity-trusts-setting: breaks isolation, for hr sales
create or replace function federation.current_tenant() returns text language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ declare claimed text := current_setting('app.current_tenant_id', true); begin return nullif(claimed, ''); end $fn$;

-- identity-ignores-set-role: breaks isolation, for hr sales
create or replace function federation.current_tenant() returns text language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return (select t.tenant_id from federation.tenants t where t.role_name = session_user); end $fn$;

-- identity-ignores-suspension: breaks isolation, for hr sales
create or replace function federation.current_tenant() returns text language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ declare r text := current_setting('role'); begin if r = 'none' then r := session_user; end if; return (select t.tenant_id from federation.tenants t where t.role_name = r::name); end $fn$;

-- identity-constant: breaks isolation, for hr sales
create or replace function federation.current_tenant() returns text language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return 'hr'; end $fn$;

-- identity-immutable: breaks isolation, for hr sales
alter function federation.current_tenant() immutable;

-- identity-volatile: breaks completeness, for hr sales
alter function federation.current_tenant() volatile;

-- identity-leakproof: breaks isolation, for hr sales
alter function federation.current_tenant() leakproof;

-- identity-invoker: breaks both, for hr sales
alter function federation.current_tenant() security invoker;

-- identity-path-reset: breaks isolation, for hr sales
alter function federation.current_tenant() reset search_path;

-- identity-path-without-temp: breaks isolation, for hr sales
alter function federation.current_tenant() set search_path = pg_catalog;

-- identity-path-temp-first: breaks isolation, for hr sales
alter function federation.current_tenant() set search_path = pg_temp, pg_catalog;

-- identity-row-security: breaks isolation, for hr sales
alter function federation.may_read(text, text) set row_security = off;

-- identity-revoked: breaks completeness, for hr sales
revoke execute on function federation.current_tenant() from federation_tenant;

-- identity-to-public: breaks isolation, for hr sales
grant execute on function federation.current_tenant() to public;

-- identity-renamed: breaks completeness, for hr sales
alter function federation.current_tenant() rename to tenant_of_now;

-- may-read-always: breaks isolation, for hr sales
create or replace function federation.may_read(target text, resource text) returns boolean language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return true; end $fn$;

-- permission-never-expires: breaks isolation, for hr sales
create or replace function federation.effective_permission(source text, target text, resource text, permission text default 'read') returns boolean language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return exists (select from federation.cross_dept_permissions p where p.source_department_id = $1 and p.target_department_id = $2 and p.resource_type in ($3, '*') and p.enabled); end $fn$;

-- permission-default-changed: breaks isolation, for hr sales
create or replace function federation.effective_permission(source text, target text, resource text, permission text default 'write') returns boolean language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return false; end $fn$;

-- grants-to-tenants: breaks isolation, for hr sales
grant execute on function federation.grant_cross_dept(text, text, text, text, text, timestamptz) to federation_tenant;

-- sync-to-one-tenant: breaks isolation, for hr sales
grant execute on function federation.sync_cross_dept_grants(text) to hr_role;

-- unregister-definer: breaks isolation, for hr sales
alter function federation.unregister_department(text) security definer;

-- overload-of-identity: breaks isolation, for hr sales
create function federation.current_tenant(varchar) returns text language sql as 'select $1::text';

-- overload-of-may-read: breaks isolation, for hr sales
create function federation.may_read(target varchar, resource varchar) returns boolean language sql as 'select true';

-- new-definer-in-control: breaks isolation, for hr sales
create function federation.all_contacts() returns setof hr_tenant.contacts language sql security definer set search_path = pg_catalog, pg_temp as 'select * from hr_tenant.contacts';

-- new-definer-in-schema: breaks isolation
create function hr_tenant.peek() returns setof hr_tenant.contacts language sql security definer set search_path = pg_catalog, pg_temp as 'select * from hr_tenant.contacts';

-- new-invoker-in-schema: breaks isolation
create function hr_tenant.helper(integer) returns integer language sql as 'select $1';

-- new-definer-in-public: breaks isolation, for hr sales
create function public.peek() returns setof sales_tenant.contacts language sql security definer as 'select * from sales_tenant.contacts';

-- new-definer-elsewhere: breaks isolation, for hr sales
-- given: create schema api; grant usage on schema api to public
create function api.peek() returns setof sales_tenant.contacts language sql security definer as 'select * from sales_tenant.contacts';

-- new-definer-procedure: breaks isolation, for hr sales
create procedure public.wipe() language sql security definer as 'delete from sales_tenant.contacts';

-- new-in-catalogue: breaks isolation, for hr sales
-- given: set allow_system_table_mods = on
create function pg_catalog.peek() returns setof text language sql security definer as 'select full_name::text from sales_tenant.contacts';

-- catalogue-shadow: breaks isolation, for hr sales
-- given: set allow_system_table_mods = on
create function pg_catalog.current_setting(varchar) returns text language sql as 'select ''hr''';

-- shadow-now-in-schema: breaks isolation
create function hr_tenant.now() returns timestamptz language sql as 'select ''epoch''::timestamptz';

-- shadow-operator: breaks isolation
-- given: create function hr_tenant.same(varchar, text) returns boolean language sql as 'select true'
create operator hr_tenant.= (leftarg = varchar, rightarg = text, procedure = hr_tenant.same);

-- shadow-operator-public: breaks isolation, for hr sales
-- given: create function public.same(varchar, text) returns boolean language sql immutable as 'select true'
create operator public.= (leftarg = varchar, rightarg = text, procedure = public.same);

-- implicit-cast: breaks isolation, for hr sales
-- given: create function public.to_int(text) returns integer language sql immutable as 'select 1'
create cast (text as integer) with function public.to_int(text) as implicit;

-- leakproof-function: breaks isolation, for hr sales
create function public.tell(text) returns boolean language plpgsql leakproof cost 0.001 as $fn$ begin raise notice '%', $1; return true; end $fn$;

-- leakproof-built-in: breaks isolation, for hr sales
alter function pg_catalog.textlike(text, text) leakproof;

-- built-in-definer: breaks isolation, for hr sales
alter function pg_catalog.pg_stat_get_activity(integer) security definer;

-- drop-retention: breaks completeness
drop function hr_tenant.cleanup_expired_session_context(integer);

-- retention-definer: breaks isolation
alter function hr_tenant.purge_expired(integer) security definer;

-- retention-empty: breaks completeness
create or replace function hr_tenant.cleanup_expired_session_context(batch_size integer default 10000) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $fn$ begin return 0; end $fn$;

-- retention-shorter: breaks completeness
create or replace function hr_tenant.archive_old_conversation_history(batch_size integer default 10000) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $fn$ declare n integer; begin delete from hr_tenant.conversation_history where "timestamp" < now() - interval '1 day'; get diagnostics n = row_count; return n; end $fn$;

-- retention-default-changed: breaks completeness
create or replace function hr_tenant.cleanup_expired_session_context(batch_size integer default 1) returns integer language plpgsql set search_path = pg_catalog, pg_temp as $fn$ declare rows_deleted integer; begin return 0; end $fn$;

-- retention-path-reset: breaks completeness
alter function hr_tenant.purge_expired(integer) reset all;

-- retention-strict: breaks completeness
alter function hr_tenant.cleanup_expired_session_context(integer) strict;

-- retention-renamed: breaks completeness
alter function hr_tenant.purge_expired(integer) rename to purge;

-- audit-cleanup-shorter: breaks completeness, for hr sales
create or replace function federation.cleanup_old_audit_logs(batch_size integer default 10000) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $fn$ begin delete from federation.cross_dept_audit; return 0; end $fn$;

-- updated-at-broken: breaks completeness
create or replace function hr_tenant.update_updated_at_column() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $fn$ begin return new; end $fn$;

-- extra-aggregate: breaks isolation
create aggregate hr_tenant.collect(text) (sfunc = textcat, stype = text);

-- function-support: breaks completeness
alter function hr_tenant.update_updated_at_column() set row_security = off;

-- cost: harmless
alter function hr_tenant.purge_expired(integer) cost 500;

-- comment: harmless
comment on function hr_tenant.purge_expired(integer) is 'removes what is old';

-- unrelated-function: harmless
-- given: create schema ops
create function ops.twice(integer) returns integer language sql as 'select $1 * 2';

-- public-invoker-function: harmless
create function public.twice(integer) returns integer language sql immutable as 'select $1 * 2';

-- same-function-again: harmless
create or replace function hr_tenant.update_updated_at_column() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $fn$
begin
  new.updated_at := now();
  return new;
end
$fn$;

-- closed-definer-elsewhere: harmless
-- given: create schema ops; create function ops.job() returns integer language sql security definer as 'select 1'
revoke execute on function ops.job() from public;
