-- fedgen: run-as provisioner
--
-- Removes the ledger, the schema and those roles that fedgen created and that no other database still uses.
-- The schema belongs to the owner role, so a provisioner that is not a superuser has to become it for the drops.

do $do$
declare
  provisioner constant text := current_setting('role');
  ours constant text[] := array[
    {{ roles.gateway | literal }}, {{ roles.admin | literal }}, {{ roles.tenant | literal }}, {{ roles.owner | literal }}
  ];
  wanted text;
begin
  if not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
    perform set_config('role', {{ roles.owner | literal }}, true);
  end if;

  drop table federation.schema_migrations;
  drop table federation.migration_runs;
  drop schema federation;

  perform set_config('role', provisioner, true);

  -- pg_shdepend sees every database of the cluster. The owner owns the control plane of each database that uses these
  -- roles, so as long as anything depends on one of them, all four stay.
  if exists (
    select from pg_catalog.pg_shdepend d
    join pg_catalog.pg_roles r on r.oid = d.refobjid
    where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.dbid <> 0 and r.rolname = any (ours))
  then
    raise notice 'the roles % stay: something in this cluster still depends on them', array_to_string(ours, ', ');
    return;
  end if;

  foreach wanted in array ours loop
    -- Not a role that stood before fedgen came.
    if exists (
      select from pg_catalog.pg_roles r
      where r.rolname = wanted and pg_catalog.shobj_description(r.oid, 'pg_authid') like 'fedgen: %')
    then
      execute format('drop role %I', wanted);
    end if;
  end loop;
end
$do$;
