-- title: the server's own schemas hold what the server came with
-- why: pg_catalog is searched first, always: what somebody plants or changes there stands in for the real thing in every policy.
-- scope: server
-- example: alter function pg_catalog.textlike(text, text) leakproof
-- mended: alter function pg_catalog.textlike(text, text) not leakproof
with system as (
  select n.oid, n.nspname from pg_namespace n where n.nspname in ('pg_catalog', 'information_schema')
), planted as (
  select 'pg_proc'::regclass as classid, p.oid from pg_proc p join system s on s.oid = p.pronamespace where p.oid >= 16384
  union all
  select 'pg_class'::regclass, c.oid from pg_class c join system s on s.oid = c.relnamespace where c.oid >= 16384
  union all
  select 'pg_operator'::regclass, o.oid from pg_operator o join system s on s.oid = o.oprnamespace where o.oid >= 16384
  union all
  select 'pg_type'::regclass, y.oid from pg_type y join system s on s.oid = y.typnamespace where y.oid >= 16384 and y.typrelid = 0
  union all
  -- Casts have no schema: one between types of the server works everywhere.
  select 'pg_cast'::regclass, k.oid from pg_cast k where k.oid >= 16384 and k.castsource < 16384 and k.casttarget < 16384
  union all
  select 'pg_amop'::regclass, k.oid from pg_amop k where k.oid >= 16384 and k.amopfamily < 16384 and k.amoplefttype < 16384 and k.amoprighttype < 16384
  union all
  select 'pg_amproc'::regclass, k.oid from pg_amproc k where k.oid >= 16384 and k.amprocfamily < 16384 and k.amproclefttype < 16384 and k.amprocrighttype < 16384
)
select 'error' as severity, true as isolation, pg_describe_object(p.classid, p.oid, 0) as object, 'was put among the server''s own' as message,
       'Drop it (set allow_system_table_mods = on), or find out which product put it there and waive it.' as remedy
  from planted p
 where not exists (select from pg_depend d where d.classid = p.classid and d.objid = p.oid and d.deptype = 'e')
    -- Nor does an extension bring functions with the rights of their owner there; one may have been called its own.
    or exists (select from pg_proc f where p.classid = 'pg_proc'::regclass and f.oid = p.oid and f.prosecdef)
union all
select 'error', true, 'collation ' || quote_ident(c.collname), 'was made not deterministic: it takes different keys for equal',
       format('update pg_collation set collisdeterministic = true where oid = %s;', c.oid)
  from pg_collation c where c.oid < 16384 and not c.collisdeterministic
union all
-- None of the server's functions has the rights of its owner, and which are leakproof was decided when it was built. What
-- was changed since is younger than template0, which initdb makes last.
select 'error', true, 'function ' || p.oid::regprocedure,
       'was made ' || case when p.prosecdef then 'SECURITY DEFINER' else 'LEAKPROOF' end,
       format('alter function %s %s;', p.oid::regprocedure, case when p.prosecdef then 'security invoker' else 'not leakproof' end)
  from pg_proc p
  join system s on s.oid = p.pronamespace
 where p.oid < 16384 and (p.prosecdef or p.proleakproof)
   and age(p.xmin) < (select age(t.xmin) from pg_database t where t.datname = 'template0')
union all
-- Operators and how indexes use them have no privileges: nobody has a reason to touch the server's own. A function is
-- touched by GRANT, and by what mends the above; one that runs another than it is called was replaced.
select 'error', true, pg_describe_object(t.classid, t.oid, 0), 'was changed since the server was made', 'Find out who did it; make the database again from a dump.'
  from (select 'pg_operator'::regclass as classid, o.oid, age(o.xmin) as age from pg_operator o where o.oid < 16384
        union all
        select 'pg_amop'::regclass, o.oid, age(o.xmin) from pg_amop o where o.oid < 16384
        union all
        select 'pg_amproc'::regclass, o.oid, age(o.xmin) from pg_amproc o where o.oid < 16384
        union all
        select 'pg_cast'::regclass, o.oid, age(o.xmin) from pg_cast o where o.oid < 16384
        union all
        select 'pg_proc'::regclass, o.aggfnoid::oid, age(o.xmin) from pg_aggregate o where o.aggfnoid < 16384
        union all
        -- the server's views, this check's sources among them
        select 'pg_class'::regclass, o.ev_class, age(o.xmin) from pg_rewrite o where o.ev_class < 16384
        union all
        -- None that came with the server is in a language of its own and keeps its text as a string.
        select 'pg_proc'::regclass, p.oid, age(p.xmin)
          from pg_proc p join system s on s.oid = p.pronamespace join pg_language l on l.oid = p.prolang
         where p.oid < 16384 and not p.prosecdef and p.proacl is not null and p.prosqlbody is null and l.lanname not in ('internal', 'c')
        union all
        select 'pg_proc'::regclass, p.oid, age(p.xmin)
          from pg_proc p join system s on s.oid = p.pronamespace
         where p.oid < 16384 and not p.prosecdef and not p.proleakproof and p.proacl is null and p.prosrc <> p.proname) t
 where t.age < (select age(b.xmin) from pg_database b where b.datname = 'template0')
