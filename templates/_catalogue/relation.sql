select case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                      when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence'
                      else 'composite type' end as kind,
       c.name,
       json_strip_nulls(json_build_object(
         'owner', pg_get_userbyid(c.relowner),
         'privileges', case when c.relkind <> 'c' then
                         (select json_agg(a::text order by a::text collate "C")
                            from unnest(coalesce(c.relacl,
                                   acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner))) a) end,
         'persistence', case c.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
         'row level security', case when c.relkind in ('r', 'p') then c.relrowsecurity end,
         'forced row level security', case when c.relkind in ('r', 'p') then c.relforcerowsecurity end,
         'options', (select json_agg(o order by o collate "C") from unnest(c.reloptions) o),
         'replica identity', nullif(c.relreplident, case when c.relkind in ('r', 'p', 'm') then 'd'::"char" else 'n' end),
         'parents', (select json_agg(i.inhparent::regclass::text order by i.inhseqno)
                       from pg_inherits i where i.inhrelid = c.oid),
         'partition bound', pg_get_expr(c.relpartbound, c.oid),
         'partition key', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
         'of type', case when c.reloftype <> 0 then format_type(c.reloftype, null) end,
         'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
         'populated', case when c.relkind = 'm' then c.relispopulated end,
         'server', (select s.srvname from pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver
                     where t.ftrelid = c.oid),
         'sequence', (select json_build_array(format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin,
                                               q.seqmax, q.seqcycle)
                        from pg_sequence q where c.relkind = 'S' and q.seqrelid = c.oid),
         'owned by', case when c.relkind = 'S' then
                       (select concat(d.refobjid::regclass, '.', quote_ident(a.attname))
                          from pg_depend d
                          join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                         where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                           and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) end)) as properties
  from relation c
