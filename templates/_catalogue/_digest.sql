-- One hash for each target in $1, in their order, of everything that the other files list, without deparsing: stored expressions
-- as they are, and object ids. Equal hashes mean equal catalogues. Unequal ones mean nothing yet (an expression may name an
-- object of its own schema by its id, and before version 17 it holds positions in the script), and then the other files decide.
-- Targets differ in their names: `names` lists them, the longest first, and each gives way to its place in the list. `constant`
-- is the target's id as a stored constant.
select found.digest
  from jsonb_to_recordset($1::jsonb) as about(place integer, schemas oid[], names text[], constant text)
 cross join lateral (
  with relation as materialized (
    select c.*, concat(c.relkind, c.relname) as place
      from pg_depend d
      join pg_class c on c.oid = d.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas)
       and d.classid = 'pg_class'::regclass and d.objsubid = 0 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  ), line(place, said) as (
    select concat('n', n.nspname), concat(n.nspowner, '|', n.nspacl) from pg_namespace n where n.oid = any (about.schemas)
    union all
    select concat('r', c.place),
           concat(c.relnamespace::regnamespace, '|', c.relowner, '|', c.relacl, '|', c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
                  c.relispartition, c.relispopulated, c.relhastriggers, c.relhasindex, c.relhasrules, c.relchecks, '|', c.relam, '|', c.reloftype, '|', c.reloptions, '|',
                  pg_get_expr(c.relpartbound, c.oid), '|', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end, '|',
                  case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, '|',
                  (select string_agg(i.inhparent::regclass::text, ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid), '|',
                  case when c.relkind = 'S' then (select concat_ws(',', q.seqtypid, q.seqstart, q.seqincrement, q.seqmax, q.seqmin, q.seqcache, q.seqcycle) from pg_sequence q where q.seqrelid = c.oid) end, '|',
                  case when c.relkind = 'S' then (select concat(o.refobjid::regclass, '.', o.refobjsubid) from pg_depend o where o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0 and o.refclassid = 'pg_class'::regclass and o.deptype in ('a', 'i')) end, '|',
                  case when c.relkind = 'f' then (select concat(t.ftserver, t.ftoptions) from pg_foreign_table t where t.ftrelid = c.oid) end)
      from relation c
    union all
    select concat('a', c.place, '.', lpad(a.attnum::text, 4, '0')),
           concat(a.attname, '|', a.atttypid, '|', a.atttypmod, '|', a.attcollation, '|', a.attnotnull, a.attidentity, a.attgenerated,
                  a.attislocal, a.attisdropped, a.attinhcount, '|', a.attacl, '|', a.attoptions, '|', d.adbin)
      from relation c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      left join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.relkind <> 'S'
    union all
    select concat('c', c.place, '.', k.conname),
           concat(k.contype, k.condeferrable, k.condeferred, k.convalidated, k.conislocal, k.coninhcount, k.connoinherit, '|',
                  nullif(k.confrelid, 0)::regclass, '|', k.confupdtype, k.confdeltype, k.confmatchtype, '|', k.conkey, k.confkey, '|',
                  k.conpfeqop, k.conexclop, '|', case when k.contype = 'f' then (select count(*) from pg_trigger g where g.tgconstraint = k.oid) end, '|', k.conbin /*15+ , '|', k.confdelsetcols */)
      from relation c
      join pg_constraint k on k.conrelid = c.oid
    union all
    select concat('i', c.place, '.', i.relname),
           concat(x.indkey, '|', x.indclass, '|', x.indcollation, '|', x.indoption, '|', x.indnkeyatts, x.indisunique, x.indisprimary,
                  x.indisexclusion, x.indimmediate, x.indisvalid, x.indisready, x.indislive, x.indisreplident, '|',
                  i.relowner, '|', i.relam, '|', i.reloptions, '|', x.indexprs, '|', x.indpred /*15+ , '|', x.indnullsnotdistinct */)
      from relation c
      join pg_index x on x.indrelid = c.oid
      join pg_class i on i.oid = x.indexrelid
    union all
    select concat('p', c.place, '.', p.polname), concat(p.polcmd, p.polpermissive, '|', p.polroles, '|', md5(replace(p.polqual::text, about.constant, e'\x01')), '|', md5(replace(p.polwithcheck::text, about.constant, e'\x01')))
      from relation c
      join pg_policy p on p.polrelid = c.oid
    union all
    select concat('t', c.place, '.', case when not t.tgisinternal then t.tgname end, k.conname, t.tgtype),
           concat(t.tgtype, '|', t.tgenabled, '|', t.tgfoid::regproc, '|', t.tgargs, '|', t.tgattr, '|', t.tgdeferrable, t.tginitdeferred, '|',
                  t.tgoldtable, '|', t.tgnewtable, '|', t.tgqual)
      from relation c
      join pg_trigger t on t.tgrelid = c.oid
      left join pg_constraint k on k.oid = t.tgconstraint
     where not t.tgisinternal or t.tgenabled <> 'O'
    union all
    select concat('u', c.place, '.', r.rulename),
           concat(r.ev_type, r.ev_enabled, r.is_instead, '|', case when r.rulename <> '_RETURN' then concat(r.ev_qual, r.ev_action) end)
      from relation c
      join pg_rewrite r on r.ev_class = c.oid
    union all
    select concat('f', p.proname, p.proargtypes),
           concat(p.prokind, p.proowner, '|', p.proacl, '|', p.prolang, '|', p.prosecdef, p.provolatile, p.proparallel, p.proleakproof,
                  p.proisstrict, p.proretset, '|', p.prorettype, '|', p.proargmodes, '|', p.proargnames, '|', p.proargdefaults, '|',
                  p.proconfig, '|', p.probin, '|', p.prosupport, '|', p.prosrc, '|', p.prosqlbody)
      from pg_depend d
      join pg_proc p on p.oid = d.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas) and d.classid = 'pg_proc'::regclass
    union all
    select concat('y', t.typname),
           concat(t.typtype, t.typowner, '|', t.typacl, '|', t.typbasetype, '|', t.typtypmod, '|', t.typnotnull, '|', t.typdefault, '|',
                  (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), '|',
                  (select string_agg(concat(k.conname, k.contype, k.convalidated, k.conbin), ',' order by k.conname) from pg_constraint k where k.contypid = t.oid), '|',
                  (select string_agg(concat(a.attname, a.atttypid, a.atttypmod, a.attisdropped), ',' order by a.attnum) from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid), '|',
                  (select concat(r.rngsubtype, r.rngcollation) from pg_range r where r.rngtypid = t.oid))
      from pg_depend d
      join pg_type t on t.oid = d.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas) and d.classid = 'pg_type'::regclass
    union all
    select concat('g', g.rolname),
           concat(g.rolcanlogin, g.rolinherit, '|', g.rolvaliduntil < now(), '|', g.rolconnlimit = 0, '|',
                  (select string_agg(concat(m.roleid /*16+ , m.inherit_option */), ',' order by m.roleid) from pg_auth_members m where m.member = g.oid))
      from pg_roles g
     where g.rolname = any (about.names)
    union all
    select concat('o', pg_describe_object(d.classid, d.objid, 0)),
           -- Not null: that would take the whole line away.
           coalesce(case d.classid when 'pg_statistic_ext'::regclass then pg_get_statisticsobjdef(d.objid)
                                   when 'pg_default_acl'::regclass then (select a::text from pg_default_acl a where a.oid = d.objid) end, '')
      from pg_depend d
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas)
       and d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass)
    union all
    select distinct concat('c', c.castsource::regtype, ' ', c.casttarget::regtype), concat(c.castcontext, c.castmethod, c.castfunc)
      from pg_depend d
      join pg_depend k on k.refclassid = 'pg_type'::regclass and k.refobjid = d.objid and k.classid = 'pg_cast'::regclass and k.deptype = 'n'
      join pg_cast c on c.oid = k.objid
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas) and d.classid = 'pg_type'::regclass
    union all
    -- What belongs to an extension goes with it.
    select concat('e', pg_describe_object(d.classid, d.objid, 0)), e.refobjid::text
      from pg_depend d
      join pg_depend e on e.classid = d.classid and e.objid = d.objid and e.objsubid = 0 and e.deptype = 'e'
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (about.schemas)
  )
  select md5(replace(replace(replace(replace(replace(replace(replace(replace(said.everything, about.names[1], e'\x011'), about.names[2], e'\x012'), about.names[3], e'\x013'), about.names[4], e'\x014'), about.names[5], e'\x015'), about.names[6], e'\x016'), about.names[7], e'\x017'), about.names[8], e'\x018')) as digest
    from (select string_agg(place || '|' || said, e'\n' order by place collate "C") as everything from line) said
 ) found
 order by about.place
