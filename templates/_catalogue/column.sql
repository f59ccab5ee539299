select 'column' as kind, c.name || '.' || quote_ident(a.attname) as name,
       json_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'not null', a.attnotnull,
         'default', case when a.atthasdef then pg_get_expr(d.adbin, d.adrelid) end,
         'generated', a.attgenerated,
         'identity', a.attidentity,
         'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
         'privileges', case when a.attacl is not null then
                         (select json_agg(x::text order by x::text collate "C") from unnest(a.attacl) x) end) as properties
  from relation c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.relkind <> 'S'
