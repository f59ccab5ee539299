select case t.typtype when 'c' then 'composite type' when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' when 'm' then 'multirange' else 'type' end as kind,
       format_type(t.oid, null) as name,
       json_strip_nulls(json_build_object(
         'owner', pg_get_userbyid(t.typowner),
         'privileges', (select json_agg(a::text order by a::text collate "C")
                          from unnest(coalesce(t.typacl, acldefault('T', t.typowner))) a),
         'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
         'base', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
         'not null', case when t.typnotnull then true end,
         'default', t.typdefault,
         'constraints', (select json_agg(pg_get_constraintdef(k.oid) order by pg_get_constraintdef(k.oid) collate "C")
                           from pg_constraint k where k.contypid = t.oid and k.contype <> 'n'),
         -- A composite type depends on its schema by this row alone, not by the one that it has in pg_class.
         'attributes', (select json_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum)
                          from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
         'subtype', (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid))) as properties
  from pg_depend d
  join pg_type t on t.oid = d.objid
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_type'::regclass
   and t.typtype <> 'm'
