-- title: who passes every policy is known
-- why: Superusers, BYPASSRLS and pg_read_all_data are outside of what a pack can guard; somebody should know them.
-- scope: server
-- example: alter role spy bypassrls
-- mended: alter role spy nobypassrls
select 'note' as severity, false as isolation, 'role ' || quote_ident(r.rolname) as object,
       case when r.rolsuper then 'is a superuser' when r.rolbypassrls then 'has BYPASSRLS' else 'may read or write all tables' end
         || case when r.rolcanlogin then ' and can log in' else '' end as message,
       'Take it away where it is not needed.' as remedy
  from pg_roles r
 where (r.rolsuper or r.rolbypassrls
        or exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
                    where m.member = r.oid and g.rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')))
   and r.oid not in (select oid from managed_role) and r.rolname not like 'pg\_%' and r.rolname <> current_user
