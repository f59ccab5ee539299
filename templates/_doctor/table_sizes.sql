-- title: Table sizes
select c.oid::regclass::text as "table",
       pg_size_pretty(s.total) as size,
       s.total::double precision as bytes,
       pg_indexes_size(c.oid)::double precision as "index bytes",
       nullif(c.reltuples, -1)::double precision as "rows (estimate)",
       t.n_dead_tup::double precision as "dead rows",
       greatest(t.last_vacuum, t.last_autovacuum) as "last vacuum",
       greatest(t.last_analyze, t.last_autoanalyze) as "last analyze"
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  -- a table that is dropped meanwhile has no size
  cross join lateral (select coalesce(pg_total_relation_size(c.oid), 0) as total) s
  left join pg_stat_all_tables t on t.relid = c.oid
 where n.nspname = any ($1::text[]) and c.relkind in ('r', 'm') and $2::text[] is not null
 order by s.total desc, 1
 limit 50
