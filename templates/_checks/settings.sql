-- title: no stored setting speaks for a tenant or weakens row security
-- why: What is set for a role or a database holds in every session, before the application says anything.
-- scope: server
-- example: alter database "{database}" set app.current_tenant_id = 'hr'
-- mended: alter database "{database}" reset app.current_tenant_id
with stored as (
  select nullif(s.setrole, 0) as role, s.setdatabase as database, split_part(c, '=', 1) as name, c as assignment
    from pg_db_role_setting s
    cross join lateral unnest(s.setconfig) c
   where s.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
     and (s.setrole = 0 or s.setrole in (select oid from tenant_side) or s.setrole in (select oid from managed_role)
          or s.setrole in (select oid from pool))
), judged as (
  select *, name ~* '^(app\..*|role|session_authorization|row_security|search_path|session_replication_role|lo_compat_privileges|session_preload_libraries|local_preload_libraries|dynamic_library_path|default_tablespace|temp_tablespaces|check_function_bodies|default_transaction_read_only|transform_null_equals|standard_conforming_strings|exit_on_error)$' as guarding
    from stored
)
select case when guarding then 'error' else 'note' end as severity, guarding as isolation,
       'setting ' || name || ' of ' || coalesce(quote_ident(pg_get_userbyid(role)), 'all roles') || case when database = 0 then '' else ' in this database' end as object,
       assignment as message,
       case when role is null then format('alter database %I reset %s;', current_database(), name)
            when database = 0 then format('alter role %I reset %s;', pg_get_userbyid(role), name)
            else format('alter role %I in database %I reset %s;', pg_get_userbyid(role), current_database(), name) end as remedy
  from judged
union all
select 'error', true, 'setting ' || s.name || ' of the server', s.setting,
       format('alter system reset %s; select pg_reload_conf();', s.name)
  from pg_settings s
  -- Settings of a name that no module owns are in no view but that of the files, which not everybody may read.
 where (s.name in ('session_replication_role') and s.reset_val <> 'origin' and s.source not in ('session', 'client', 'user', 'database', 'database user'))
    or (s.name = 'lo_compat_privileges' and s.reset_val = 'on')
    or (s.name = 'row_security' and s.reset_val = 'off')
    or (s.name in ('standard_conforming_strings', 'transform_null_equals', 'default_transaction_read_only')
        and s.source in ('configuration file', 'command line', 'environment variable') and s.reset_val <> s.boot_val)
union all
select 'error', true, 'setting ' || f.name || ' of the server', f.value, format('alter system reset %s; select pg_reload_conf();', f.name)
  from (
    select n as name, current_setting(n, true) as value
      from unnest(array['app.current_tenant_id', 'app.tenant_token', 'app.current_user_id']) n
     where not exists (select from stored s where s.name = n)
    union
    select x.found[1], x.found[2]
      from regexp_matches(case when has_function_privilege('pg_show_all_file_settings()', 'execute')
             then query_to_xml('select name, setting from pg_file_settings where applied and (name like ''app.%'' or name = ''search_path'' and setting <> ''"$user", public'')', false, false, '')::text end,
             '<name>([^<]*)</name>\s*<setting>([^<]*)</setting>', 'g') x(found)) f
 where f.value <> ''
