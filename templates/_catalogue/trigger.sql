-- The triggers behind a foreign key have no names of their own; they are told only when somebody has switched them.
select 'trigger' as kind,
       c.name || ' ' || case when t.tgisinternal then 'of constraint ' || quote_ident(k.conname) || ' (' || f.proname || ')'
                             else quote_ident(t.tgname) end as name,
       json_strip_nulls(json_build_object(
         'definition', case when not t.tgisinternal then pg_get_triggerdef(t.oid) end,
         'state', case t.tgenabled when 'O' then null when 'D' then 'disabled' when 'R' then 'on replicas only' else 'always' end)) as properties
  from relation c
  join pg_trigger t on t.tgrelid = c.oid
  join pg_proc f on f.oid = t.tgfoid
  left join pg_constraint k on k.oid = t.tgconstraint
 where not t.tgisinternal or t.tgenabled <> 'O'
