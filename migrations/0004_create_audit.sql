-- Append-only audit of cross-department queries and of security events, and its retention.

-- Both trigger functions also serve the append-only tables of the packs.
create function federation.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  raise exception '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
    using errcode = 'insufficient_privilege';
end
$fn$;
revoke all on function federation.refuse_change() from public;
comment on function federation.refuse_change() is 'Trigger: refuses the command, for append-only tables';

create function federation.stamp_created_at() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  -- Not now(): a transaction held open would date its rows back.
  new.created_at := clock_timestamp();
  return new;
end
$fn$;
revoke all on function federation.stamp_created_at() from public;
comment on function federation.stamp_created_at() is 'Trigger: the server, not the client, says when a row was written';

create function federation.stamp_recorder() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  new.recorded_by := session_user;
  return new;
end
$fn$;
revoke all on function federation.stamp_recorder() from public;
comment on function federation.stamp_recorder() is 'Trigger: the login that wrote an audit row, whatever the client claims';

create function federation.refuse_early_delete() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  if old.created_at < now() - interval '2 years' then
    return old;
  end if;
  raise exception '%.% keeps its rows for 2 years: DELETE is refused', tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$fn$;
revoke all on function federation.refuse_early_delete() from public;
comment on function federation.refuse_early_delete() is 'Trigger: audit rows go after 2 years and not before, whoever asks';

-- One log where the original had two that nobody reconciled (cross_dept_audit and the audit_logs of the gateway).
create table federation.cross_dept_audit (
  id                   uuid not null default gen_random_uuid(),
  source_department_id varchar(100) not null,
  target_department_id varchar(100),
  query_type           varchar(50) not null,
  query_params         jsonb,
  requester_session_id varchar(100),
  requester_user_id    varchar(100),
  requester_ip         inet,
  user_agent           text,
  reason               text,
  results_returned     integer,
  success              boolean not null,
  error_message        text,
  latency_ms           integer,
  recorded_by          name not null default session_user,
  created_at           timestamptz not null default clock_timestamp(),
  constraint cross_dept_audit_pkey primary key (id),
  constraint cross_dept_audit_results_check check (results_returned >= 0),
  constraint cross_dept_audit_latency_check check (latency_ms >= 0)
);
comment on table federation.cross_dept_audit is 'Every cross-department query, allowed or refused; append-only';
create index idx_cross_dept_audit_source on federation.cross_dept_audit (source_department_id);
create index idx_cross_dept_audit_target on federation.cross_dept_audit (target_department_id);
create index idx_cross_dept_audit_created on federation.cross_dept_audit (created_at desc);
create index idx_cross_dept_audit_success on federation.cross_dept_audit (success);

create table federation.security_audit (
  id                   uuid not null default gen_random_uuid(),
  event_type           varchar(50) not null,
  source_department_id varchar(100),
  target_department_id varchar(100),
  user_role            name,
  query                text,
  details              jsonb,
  ip_address           inet,
  severity             varchar(20) not null default 'INFO',
  recorded_by          name not null default session_user,
  created_at           timestamptz not null default clock_timestamp(),
  constraint security_audit_pkey primary key (id),
  constraint security_audit_event_type check (event_type in (
    'CROSS_DEPT_ACCESS_DENIED', 'RATE_LIMIT_EXCEEDED', 'GDPR_REQUEST', 'CROSS_SCHEMA_ACCESS_ATTEMPT',
    'PERMISSION_GRANTED', 'PERMISSION_REVOKED', 'TENANT_STATUS_CHANGED', 'DEPARTMENT_REMOVED')),
  constraint security_audit_severity check (severity in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'))
);
comment on table federation.security_audit is 'Security-relevant events of the platform; append-only';
create index idx_security_audit_event_type on federation.security_audit (event_type);
create index idx_security_audit_created on federation.security_audit (created_at desc);
create index idx_security_audit_source on federation.security_audit (source_department_id);

create trigger cross_dept_audit_append_only before update or truncate on federation.cross_dept_audit
  for each statement execute function federation.refuse_change();
create trigger cross_dept_audit_keep before delete on federation.cross_dept_audit
  for each row execute function federation.refuse_early_delete();
create trigger cross_dept_audit_created_at before insert on federation.cross_dept_audit
  for each row execute function federation.stamp_created_at();
create trigger cross_dept_audit_recorded_by before insert on federation.cross_dept_audit
  for each row execute function federation.stamp_recorder();
create trigger security_audit_append_only before update or truncate on federation.security_audit
  for each statement execute function federation.refuse_change();
create trigger security_audit_keep before delete on federation.security_audit
  for each row execute function federation.refuse_early_delete();
create trigger security_audit_created_at before insert on federation.security_audit
  for each row execute function federation.stamp_created_at();
create trigger security_audit_recorded_by before insert on federation.security_audit
  for each row execute function federation.stamp_recorder();

create function federation.audit_tenant_status() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
begin
  insert into federation.security_audit (event_type, source_department_id, user_role, severity, details)
  values ('TENANT_STATUS_CHANGED', new.department_id,
          coalesce(nullif(current_setting('role'), 'none'), session_user), 'WARNING',
          jsonb_build_object('role', new.role_name, 'tenant', new.tenant_id, 'pack', new.pack,
                             'from', old.status, 'to', new.status));
  return null;
end
$fn$;
revoke all on function federation.audit_tenant_status() from public;
comment on function federation.audit_tenant_status() is 'Trigger: suspending or resuming a tenant leaves a trace';
create trigger tenants_audit_status after update on federation.tenants
  for each row when (old.status <> new.status) execute function federation.audit_tenant_status();

-- Both remove at most batch_size rows per call: a function cannot commit, so the caller repeats until it gets fewer
-- rows than it asked for.
create function federation.cleanup_old_audit_logs(batch_size integer default 10000) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  removed bigint;
begin
  delete from federation.cross_dept_audit a
  where a.id in (
    select o.id from federation.cross_dept_audit o
    where o.created_at < now() - interval '2 years'
    order by o.created_at limit greatest(batch_size, 0));
  get diagnostics removed = row_count;
  return removed;
end
$fn$;
revoke all on function federation.cleanup_old_audit_logs(integer) from public;
comment on function federation.cleanup_old_audit_logs(integer) is
  'Removes up to batch_size rows of cross_dept_audit that are older than 2 years';

create function federation.cleanup_old_security_audit(batch_size integer default 10000) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  removed bigint;
begin
  delete from federation.security_audit a
  where a.id in (
    select o.id from federation.security_audit o
    where o.created_at < now() - interval '2 years'
    order by o.created_at limit greatest(batch_size, 0));
  get diagnostics removed = row_count;
  return removed;
end
$fn$;
revoke all on function federation.cleanup_old_security_audit(integer) from public;
comment on function federation.cleanup_old_security_audit(integer) is
  'Removes up to batch_size rows of security_audit that are older than 2 years';

-- Insert by column: id, recorded_by and created_at are the server's.
grant select on federation.cross_dept_audit, federation.security_audit to {{ roles.admin | ident }};
grant insert
  (source_department_id, target_department_id, query_type, query_params, requester_session_id, requester_user_id,
   requester_ip, user_agent, reason, results_returned, success, error_message, latency_ms)
  on federation.cross_dept_audit to {{ roles.admin | ident }};
grant insert
  (event_type, source_department_id, target_department_id, user_role, query, details, ip_address, severity)
  on federation.security_audit to {{ roles.admin | ident }};
grant execute on function
  federation.cleanup_old_audit_logs(integer), federation.cleanup_old_security_audit(integer)
  to {{ roles.admin | ident }};
