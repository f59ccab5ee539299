-- An index is what it does: renaming one changes nothing, so what it does is its name here. Put together by hand, because
-- pg_get_indexdef would be the costliest part of a comparison.
select 'index' as kind,
       c.name || case when x.indisunique then ' unique ' else ' ' end || m.amname || ' (' || k.keys || ')'
         || case when x.indexprs is null then '' else ' on ' || pg_get_expr(x.indexprs, c.oid) end
         || case when x.indpred is null then '' else ' where ' || pg_get_expr(x.indpred, c.oid) end as name,
       json_build_object(
         'called', i.relname,
         'operator classes', x.indclass::text,
         'collations', x.indcollation::text,
         'options', x.indoption::text,
         'keys', x.indnkeyatts,
         'immediate', x.indimmediate,
         /*15+ 'nulls not distinct', x.indnullsnotdistinct, */
         'state', case when x.indisvalid and x.indisready and x.indislive then 'valid' else 'invalid' end) as properties
  from relation c
  join pg_index x on x.indrelid = c.oid
  join pg_class i on i.oid = x.indexrelid
  join pg_am m on m.oid = i.relam
  cross join lateral (
    select string_agg(coalesce(quote_ident(a.attname), '…'), ', ' order by n.place) as keys
      from unnest(x.indkey::int2[]) with ordinality n(attnum, place)
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = n.attnum) k
