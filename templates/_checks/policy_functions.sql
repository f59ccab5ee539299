-- title: functions in policies are STABLE, pinned and not LEAKPROOF
-- why: IMMUTABLE ones are folded into cached plans, so the next tenant gets the last one's rows; VOLATILE ones run per row.
-- scope: target
-- example: alter function federation.may_read(text, text) immutable
-- mended: alter function federation.may_read(text, text) stable
select distinct case when p.provolatile = 'v' then 'warning' else 'error' end as severity, p.provolatile <> 'v' as isolation,
       'function ' || p.oid::regprocedure as object,
       case when p.proleakproof then 'is LEAKPROOF' when p.provolatile = 'i' then 'is IMMUTABLE' when p.provolatile = 'v' then 'is VOLATILE'
            else 'does not pin its search_path with pg_temp last' end || ', and policies of ' || (select string_agg(distinct r2.name, ', ') from relation r2 join pg_policy p2 on p2.polrelid = r2.oid join pg_depend d2 on d2.classid = 'pg_policy'::regclass and d2.objid = p2.oid and d2.refclassid = 'pg_proc'::regclass and d2.refobjid = p.oid) || ' ask it' as message,
       case when p.proleakproof then format('alter function %s not leakproof;', p.oid::regprocedure)
            when p.provolatile <> 's' then format('alter function %s stable;', p.oid::regprocedure)
            else format('alter function %s set search_path = pg_catalog, pg_temp;', p.oid::regprocedure) end as remedy
  from relation r
  join pg_policy o on o.polrelid = r.oid
  join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = o.oid and d.refclassid = 'pg_proc'::regclass
  join pg_proc p on p.oid = d.refobjid
 where p.oid >= 16384
   and (p.proleakproof or p.provolatile <> 's'
        or not exists (select from unnest(p.proconfig) c where c ~ '^search_path=(.*[ ,])?"?pg_temp"?$'))
