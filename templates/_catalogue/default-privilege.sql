select 'default privilege' as kind,
       'of ' || pg_get_userbyid(d.defaclrole) || ' in ' || d.defaclnamespace::regnamespace || ' on '
         || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end as name,
       json_build_object('privileges', (select json_agg(a::text order by a::text collate "C") from unnest(d.defaclacl) a)) as properties
  from pg_default_acl d
 where d.defaclnamespace = any ($1::oid[])
