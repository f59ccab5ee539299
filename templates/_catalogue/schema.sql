select 'schema' as kind, quote_ident(n.nspname) as name,
       json_build_object(
         'owner', pg_get_userbyid(n.nspowner),
         'privileges', (select json_agg(a::text order by a::text collate "C")
                          from unnest(coalesce(n.nspacl, acldefault('n', n.nspowner))) a)) as properties
  from pg_namespace n
 where n.oid = any ($1::oid[])
