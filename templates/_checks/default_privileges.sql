-- title: new objects are nobody's until they are granted by name
-- why: A default privilege opens every table or function that is made later, and no script shows it.
-- scope: server
-- example: alter default privileges for role federation_owner in schema hr_tenant grant select on tables to public
-- mended: alter default privileges for role federation_owner in schema hr_tenant revoke select on tables from public
select 'error' as severity, true as isolation,
       'default privileges of ' || quote_ident(pg_get_userbyid(d.defaclrole)) || coalesce(' in ' || n.nspname, '') as object,
       x.privilege_type || ' on every new ' || w.word || ' for ' || case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end as message,
       format('alter default privileges for role %I%s revoke %s on %ss from %s;', pg_get_userbyid(d.defaclrole),
              case when n.oid is null then '' else format(' in schema %I', n.nspname) end, lower(x.privilege_type), w.word,
              case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as remedy
  from pg_default_acl d
  left join pg_namespace n on n.oid = d.defaclnamespace
  cross join lateral (select case d.defaclobjtype when 'r' then 'table' when 'S' then 'sequence' when 'f' then 'function' when 'T' then 'type' when 'n' then 'schema' else 'large object' end) w(word)
  cross join lateral aclexplode(d.defaclacl) x
 where x.grantee <> d.defaclrole
   and (d.defaclrole in (select oid from managed_role) or d.defaclnamespace in (select oid from managed_schema)
        or x.grantee = 0 or x.grantee in (select oid from tenant_side))
union all
select 'error', true, 'default privileges of ' || quote_ident(o.name),
       'PUBLIC may ' || w.verb || ' every new ' || w.word,
       format('alter default privileges for role %I revoke %s on %ss from public;', o.name, w.verb, w.word)
  from managed_role o
  cross join (values ('f'::"char", 'execute', 'function'), ('T', 'usage', 'type')) w(letter, verb, word)
 where o.kind = 'owner'
   and not exists (
     select from pg_default_acl d
      where d.defaclrole = o.oid and d.defaclnamespace = 0 and d.defaclobjtype = w.letter
        and not exists (select from aclexplode(d.defaclacl) x where x.grantee = 0))
