-- title: views read with the rights of who asks
-- why: A view without security_invoker reads with its owner's rights; a materialized view keeps rows of all tenants. On 14, which has no such option, row security that the pack's owner cannot escape still asks who the session is: a note.
-- scope: target
-- example: create view hr_tenant.people as select * from hr_tenant.contacts; grant select on hr_tenant.people to hr_role
-- mended: drop view hr_tenant.people
select case when c.readable and not c.held then 'error' else 'note' end as severity, c.readable and not c.held as isolation,
       case r.relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'foreign table ' end || r.name as object,
       case r.relkind when 'v' then 'reads with the rights of its owner' when 'm' then 'keeps rows outside of row security' else 'has no row security' end
         || case when not c.readable then ' (nobody else was granted it)' when c.held then ', whom row security holds as well' else '' end as message,
       case when r.relkind = 'v' /*15+ and true */ and current_setting('server_version_num')::integer >= 150000 then format('alter view %s set (security_invoker = true);', r.name)
            else format('revoke all on %s from public; Grant it to no tenant: use a function with the filter inside.', r.name) end as remedy
  from relation r
  cross join target t
  cross join lateral (
    select exists (select from aclexplode(r.relacl) x where x.grantee <> r.relowner)
        or exists (select from pg_attribute a, aclexplode(a.attacl) x where a.attrelid = r.oid and x.grantee <> r.relowner) as readable,
           current_setting('server_version_num')::integer < 150000 and r.relkind = 'v' and r.relowner = t.owner
             and not exists (
               select from pg_rewrite w
               join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
               join pg_class b on b.oid = d.refobjid and b.oid <> r.oid
                where w.ev_class = r.oid
                  and not (b.relkind in ('r', 'p') and b.relowner = t.owner and b.relrowsecurity and b.relforcerowsecurity)) as held) c
 where r.relkind in ('v', 'm', 'f')
   and not exists (select from unnest(r.reloptions) o where r.relkind = 'v' and o ~* '^security_invoker=(true|on|1|yes)$')
   -- Before version 15 no view can. One that pack.yaml lets operators read, and nobody else, shows what the policies let them see.
   and not (r.relkind = 'v' and current_setting('server_version_num')::integer < 150000
            and not exists (
              select from aclexplode(r.relacl) x
               where x.grantee <> r.relowner and not exists (
                 select from declared
                  cross join jsonb_to_recordset(d->'roles') as o(name name, kind text, read jsonb)
                  join pg_roles g on g.rolname = o.name
                 where o.kind = 'operator' and g.oid = x.grantee
                   and o.read ? (r.relnamespace::regnamespace::text || '.' || r.relname))))
