-- title: Slowest statements of this database
-- extension: pg_stat_statements
-- remedy: Add it to shared_preload_libraries, restart the server, and as a superuser: create extension pg_stat_statements;
-- partial: The text of other roles' statements is hidden.
select pg_get_userbyid(s.userid) as role,
       s.calls::double precision as calls,
       round(s.mean_exec_time::numeric, 2)::double precision as "mean ms",
       round(s.total_exec_time::numeric, 1)::double precision as "total ms",
       s.rows::double precision as rows,
       left(regexp_replace(s.query, '\s+', ' ', 'g'), 200) as statement
  from /* extension */.pg_stat_statements s
  join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and $1::text[] is not null and $2::text[] is not null
 order by s.mean_exec_time desc
 limit 10
