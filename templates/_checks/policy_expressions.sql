-- title: every policy asks who is asking
-- why: A permissive policy that is always true, or that compares columns only, shows all rows to everybody.
-- scope: target
-- example: create policy debugging on hr_tenant.contacts for select using (true)
-- mended: drop policy debugging on hr_tenant.contacts
with policy as (
  select p.oid, r.name || ' ' || quote_ident(p.polname) as name, r.name as relation, p.polname, p.polpermissive, p.polcmd, p.polrelid,
         pg_get_expr(p.polqual, p.polrelid) as using_sql, pg_get_expr(p.polwithcheck, p.polrelid) as check_sql
    from relation r join pg_policy p on p.polrelid = r.oid
), expression as (
  select p.*, e.clause, e.sql from policy p cross join lateral (values ('USING', using_sql), ('WITH CHECK', check_sql)) e(clause, sql) where e.sql is not null
), judged as (
  select e.*,
         case when e.sql = 'true' and not (e.polcmd = 'r' and s.scope = 'reference') then 'is always true'
              when e.sql !~* '(current_tenant|may_read|current_setting|current_user|session_user|pg_has_role|readable_tenants|\yrole\y|\(|\yfalse\y)' then 'does not ask who is asking'
              when e.sql ~* 'current_setting\([^)]*\)[^)]*\) IS NULL|IS NULL\)? OR|coalesce\(' and e.sql ~* 'coalesce\([^()]*(\([^()]*(\([^()]*(\([^()]*\)[^()]*)*\)[^()]*)*\)[^()]*)*, *\(?\w+\)?\)' then 'is true when nobody has said who is asking'
              when e.sql ~~ '%~~%' then 'compares by a pattern: one that matches everything opens everything' end as fault
    from expression e
    left join pack_table s on s.oid = e.polrelid
)
select 'error' as severity, true as isolation, 'policy ' || name as object,
       clause || ' ' || fault || ': ' || left(sql, 200) as message,
       format('drop policy %I on %s; Write it as (select federation.current_tenant()) = the tenant column.', polname, relation) as remedy
  from judged
 where polpermissive and fault is not null
