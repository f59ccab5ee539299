select 'rule' as kind, c.name || ' ' || quote_ident(r.rulename) as name,
       json_strip_nulls(json_build_object(
         'definition', pg_get_ruledef(r.oid),
         'state', case r.ev_enabled when 'O' then null when 'D' then 'disabled' when 'R' then 'on replicas only' else 'always' end)) as properties
  from relation c
  join pg_rewrite r on r.ev_class = c.oid
 where not (c.relkind in ('v', 'm') and r.rulename = '_RETURN')
