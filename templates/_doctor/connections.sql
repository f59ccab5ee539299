-- title: Connections to this database
-- partial: State and age of other roles' sessions are hidden.
select a.usename::text as role,
       a.application_name as application,
       coalesce(a.state, 'hidden') as state,
       count(*)::integer as sessions,
       count(*) filter (where a.wait_event_type = 'Lock')::integer as "waiting for locks",
       round(extract(epoch from max(clock_timestamp() - a.xact_start))::numeric, 1)::double precision as "oldest transaction s",
       current_setting('max_connections')::integer as "of at most"
  from pg_stat_activity a
 -- of sessions that are hidden from us the type is null
 where a.datname = current_database() and coalesce(a.backend_type, 'client backend') = 'client backend'
   and a.pid <> pg_backend_pid() and $1::text[] is not null and $2::text[] is not null
 group by 1, 2, 3
 order by sessions desc, 1, 2, 3
 limit 50
