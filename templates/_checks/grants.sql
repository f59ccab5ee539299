-- title: only known roles hold privileges, and only those that row security can judge
-- why: TRUNCATE, REFERENCES, TRIGGER and MAINTAIN pass row security by; a grant option lets a tenant pass on what it has.
-- scope: target
-- example: grant truncate on hr_tenant.contacts to hr_role
-- mended: revoke truncate on hr_tenant.contacts from hr_role
with item as (
  select case r.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as what, r.name, r.relkind, r.relowner as owner, x.*
    from relation r cross join lateral aclexplode(r.relacl) x where r.relkind <> 'c'
  union all
  select 'column', r.name || '.' || quote_ident(a.attname), r.relkind, r.relowner, x.*
    from relation r join pg_attribute a on a.attrelid = r.oid cross join lateral aclexplode(a.attacl) x where a.attacl is not null
  union all
  select 'schema', n.oid::regnamespace::text, null, n.nspowner, x.*
    from pg_namespace n cross join lateral aclexplode(n.nspacl) x where n.oid = any ($2::oid[])
  union all
  select 'function', p.oid::regprocedure::text, null, p.proowner, x.*
    from pg_depend d join pg_proc p on p.oid = d.objid cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
   where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_proc'::regclass
     and (p.oid not in (select oid from constructor) or x.grantee <> 0 and x.is_grantable)
), judged as (
  select i.*, case i.grantee when 0 then 'PUBLIC' else pg_get_userbyid(i.grantee)::text end as who,
         case when i.grantee = 0 then 'everybody has it'
              when i.is_grantable then 'it may be passed on'
              when i.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') then 'row security does not apply to it'
              when i.what = 'schema' and i.privilege_type = 'CREATE' then 'whoever creates in the schema plants functions and tables that others use'
              when i.what = 'sequence' and i.grantee in (select oid from tenant_side) then 'a sequence tells how many rows all tenants have'
              when i.grantee not in (select oid from managed_role union all select oid from trusted_role) then 'the role is none of fedgen''s' end as fault
    from item i
   where i.grantee <> i.owner
)
select 'error' as severity, true as isolation, j.what || ' ' || j.name as object,
       j.who || ' holds ' || lower(j.privilege_type) || ': ' || j.fault as message,
       format('revoke %s on %s %s from %s;', lower(j.privilege_type), case when j.what in ('schema', 'sequence', 'function') then j.what else 'table' end, j.name,
              case j.grantee when 0 then 'public' else quote_ident(j.who) end) as remedy
  from judged j
 where j.fault is not null
