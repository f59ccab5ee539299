-- title: everything belongs to the owner role
-- why: Whoever owns an object can open it; the owner role cannot log in and has no members.
-- scope: target
-- example: alter table hr_tenant.contacts owner to spy
-- mended: alter table hr_tenant.contacts owner to federation_owner
select 'error' as severity, true as isolation, v.what || ' ' || v.name as object,
       'belongs to ' || quote_ident(pg_get_userbyid(v.owner)) as message,
       format('alter %s %s owner to %I;', v.what, v.name, pg_get_userbyid(t.owner)) as remedy
  from target t
  cross join lateral (
    select case r.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' when 'c' then 'type' else 'table' end, r.name, r.relowner from relation r
    union all
    select 'schema', n.oid::regnamespace::text, n.nspowner from pg_namespace n where n.oid = any ($2::oid[])
    union all
    select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.oid::regprocedure::text, p.proowner
      from pg_depend d join pg_proc p on p.oid = d.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_proc'::regclass
       and p.oid not in (select oid from constructor)
    union all
    select 'type', format_type(y.oid, null), y.typowner
      from pg_depend d join pg_type y on y.oid = d.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_type'::regclass) as v(what, name, owner)
 where t.owner is not null and v.owner <> t.owner
   -- A pack without tenants has roles that own its functions.
   and not (v.what in ('function', 'procedure') and exists (
     select from managed_role m join managed_schema s on s.target = m.target
      where m.oid = v.owner and m.kind in ('service', 'accounts') and s.oid = any ($2::oid[])))
