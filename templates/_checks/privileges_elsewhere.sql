-- title: tenant-side roles hold no privilege outside the schemas of fedgen
-- why: What a tenant may use outside of its schema is a way around it.
-- scope: server
-- example: create table public.notes (said text); grant select on public.notes to hr_role
-- mended: drop table public.notes
-- Inside the managed schemas privileges are compared one by one (drift); here is everything else, from pg_shdepend.
select case when o.is_other_database then 'warning' else 'error' end as severity, not o.is_other_database as isolation,
       coalesce(pg_describe_object(d.classid, d.objid, d.objsubid), d.classid::regclass || ' ' || d.objid) as object,
       quote_ident(r.rolname) || case when d.classid = 'pg_database'::regclass then ' may create schemas in it, and trusted extensions' else ' holds a privilege on it' end as message,
       format('Look for it (\dp, \l, \dD) and revoke it from %I.', r.rolname) as remedy
  from tenant_side t
  join pg_roles r on r.oid = t.oid
  join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = t.oid and d.deptype = 'a'
  cross join lateral (select d.classid = 'pg_database'::regclass and d.objid <> (select b.oid from pg_database b where b.datname = current_database()) as is_other_database) o
  left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
  left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
  left join pg_type y on d.classid = 'pg_type'::regclass and y.oid = d.objid
 where d.dbid in (0, (select b.oid from pg_database b where b.datname = current_database()))
   and d.classid <> 'pg_auth_members'::regclass
   /*15+ and d.classid <> 'pg_parameter_acl'::regclass */
   and coalesce(c.relnamespace, p.pronamespace, y.typnamespace, case when d.classid = 'pg_namespace'::regclass then d.objid end, 0)
       not in (select s.oid from managed_schema s)
   and not (d.classid = 'pg_database'::regclass
            and not has_database_privilege(r.oid, d.objid, 'create'))
   and starts_with(r.rolname, 'pg_') is false
