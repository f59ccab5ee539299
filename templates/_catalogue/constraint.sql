-- From version 18 on NOT NULL has rows of its own; the column tells it already, unless it was never checked.
select 'constraint' as kind, c.name || ' ' || quote_ident(k.conname) as name,
       json_strip_nulls(json_build_object(
         'definition', pg_get_constraintdef(k.oid),
         'speaks of no column', case when k.contype = 'c' and k.conkey is null then true end,
         -- A foreign key is as good as the triggers behind it.
         'triggers', case when k.contype = 'f' then (select count(*) from pg_trigger g where g.tgconstraint = k.oid) end)) as properties
  from relation c
  join pg_constraint k on k.conrelid = c.oid
 where k.contype <> 'n' or not k.convalidated
