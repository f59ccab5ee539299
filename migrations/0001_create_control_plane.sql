-- fedgen: run-as provisioner
--
-- Roles, the control-plane schema and the ledger.
--
-- The ledger stands in the first script, so that the runner can record every script from this one on. It is
-- created as an element of CREATE SCHEMA … AUTHORIZATION: such elements are executed as, and owned by, the owner
-- of the schema, so a provisioner that is not a superuser needs no rights of its own inside the schema.

do $do$
declare
  version constant integer := current_setting('server_version_num')::integer;
  provisioner_is_super constant boolean := (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user);
  wanted record;
  found record;
  problem text;
begin
  for wanted in
    select w.name, w.kind, w.attributes, w.purpose
    from (values
      ({{ roles.owner | literal }}, 'owner', 'nologin inherit',
       'fedgen: owns the control plane and every tenant schema; nobody logs in as it'),
      ({{ roles.tenant | literal }}, 'tenant', 'nologin inherit',
       'fedgen: group of all tenant roles; may ask who they are, and nothing else'),
      ({{ roles.admin | literal }}, 'admin', 'nologin inherit',
       'fedgen: platform administrators; pass the policies by name, not by BYPASSRLS'),
      ({{ roles.gateway | literal }}, 'gateway', 'nologin noinherit',
       'fedgen: may become a tenant role with SET LOCAL ROLE; has no rights of its own')
    ) as w(name, kind, attributes, purpose)
  loop
    select r.* into found from pg_catalog.pg_roles r where r.rolname = wanted.name;

    if not found.oid is null then
      -- Roles are cluster-wide: another database with the same prefix may have made this one. It is reused only if
      -- it is as harmless as the one we would have made.
      problem := case
        when found.rolsuper then 'is a superuser'
        when found.rolbypassrls then 'has BYPASSRLS'
        when found.rolcreaterole then 'has CREATEROLE'
        when found.rolcreatedb then 'has CREATEDB'
        when found.rolreplication then 'has REPLICATION'
        when found.rolcanlogin then 'can log in'
        when wanted.kind = 'gateway' and found.rolinherit then 'is not NOINHERIT'
        when wanted.kind <> 'gateway' and not found.rolinherit then 'is NOINHERIT'
        when wanted.kind <> 'gateway' and exists (
          select from pg_catalog.pg_auth_members m where m.member = found.oid)
          then 'is a member of another role'
        when wanted.kind = 'gateway' and exists (
          select from pg_catalog.pg_auth_members m
          where m.member = found.oid
            and not exists (
              select from pg_catalog.pg_auth_members g
              join pg_catalog.pg_roles t on t.oid = g.roleid
              where g.member = m.roleid and t.rolname = {{ roles.tenant | literal }}))
          then 'is a member of a role that is not a tenant role'
        when wanted.kind = 'owner' and exists (
          select from pg_catalog.pg_auth_members m
          join pg_catalog.pg_roles r on r.oid = m.member
          where m.roleid = found.oid and r.rolname <> current_user and not r.rolsuper)
          then 'has a member other than this provisioner'
        when not provisioner_is_super and version >= 160000 and not exists (
          select from pg_catalog.pg_auth_members m
          join pg_catalog.pg_roles r on r.oid = m.member
          where m.roleid = found.oid and r.rolname = current_user and m.admin_option)
          then 'was not created by this provisioner, who lacks ADMIN OPTION on it'
      end;
      if problem is not null then
        raise exception 'role "%" already exists and %', wanted.name, problem
          using errcode = 'duplicate_object',
                hint = 'Choose another role prefix, or repair or drop the role.';
      end if;
    else
      execute format('create role %I %s nosuperuser nocreatedb nocreaterole noreplication nobypassrls',
                     wanted.name, wanted.attributes);
      execute format('comment on role %I is %L', wanted.name, wanted.purpose);
    end if;
  end loop;

  -- A superuser can become the owner anyway. Any other provisioner needs one declared membership; where the version
  -- knows the options, it only allows SET ROLE and gives no ambient rights.
  if not provisioner_is_super then
    execute format('grant %I to current_user', {{ roles.owner | literal }})
      || case when version >= 160000 then ' with inherit false, set true' else '' end;
  end if;
end
$do$;

create schema federation authorization {{ roles.owner | ident }}

  create table federation.migration_runs (
    run_id       uuid not null default gen_random_uuid(),
    command      text not null,
    state        text not null default 'running',
    tool_version text not null,
    run_by       name not null default session_user,
    backend_pid  integer not null default pg_backend_pid(),
    started_at   timestamptz not null default clock_timestamp(),
    finished_at  timestamptz,
    error        text,
    constraint migration_runs_pkey primary key (run_id),
    constraint migration_runs_command_check check (command in ('apply', 'rollback')),
    constraint migration_runs_state_check check (state in ('running', 'succeeded', 'failed', 'interrupted'))
  )

  create table federation.schema_migrations (
    id                bigint generated always as identity,
    target            text not null,
    pack              text not null,
    script            text not null,
    number            integer not null,
    template_checksum text not null,
    rendered_checksum text not null,
    run_id            uuid,
    state             text not null,
    statements_done   integer not null,
    applied_by        name not null default session_user,
    applied_at        timestamptz not null default clock_timestamp(),
    duration_ms       numeric(12, 3),
    rolled_back_at    timestamptz,
    rolled_back_by    name,
    rollback_run_id   uuid,
    constraint schema_migrations_pkey primary key (id),
    constraint schema_migrations_run_id_fkey foreign key (run_id) references federation.migration_runs (run_id),
    constraint schema_migrations_rollback_run_id_fkey
      foreign key (rollback_run_id) references federation.migration_runs (run_id),
    constraint schema_migrations_state_check check (state in ('applied', 'rolled_back')),
    constraint schema_migrations_rolled_back_check check ((state = 'rolled_back') = (rolled_back_at is not null)),
    constraint schema_migrations_statements_done_check check (statements_done >= 0)
  )

  -- One script stands applied at most once per target; rolled-back rows stay as history.
  create unique index schema_migrations_applied_key
    on federation.schema_migrations (target, pack, script) where state = 'applied'

  create index schema_migrations_run_id_idx on federation.schema_migrations (run_id)

  create index schema_migrations_rollback_run_id_idx on federation.schema_migrations (rollback_run_id);
