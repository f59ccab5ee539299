-- title: Indexes that were never used
-- note: Counts are of this server alone, since its statistics began. Keep what the pack declares, or validate misses it.
select i.indexrelid::regclass::text as index,
       i.indrelid::regclass::text as "table",
       pg_size_pretty(pg_relation_size(i.indexrelid)) as size,
       pg_relation_size(i.indexrelid)::double precision as bytes,
       c.relname = any ($2::text[]) as "declared by the pack",
       (select d.stats_reset from pg_stat_database d where d.datname = current_database()) as "counted since"
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_stat_all_indexes s on s.indexrelid = i.indexrelid
 where n.nspname = any ($1::text[]) and s.idx_scan = 0
   -- these keep rows apart whether a query uses them or not
   and not i.indisunique and not i.indisexclusion
 order by pg_relation_size(i.indexrelid) desc, 1
 limit 50
