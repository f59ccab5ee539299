-- From version 18 on NOT NULL has rows of its own; the column tells it already, unless it was never checked.
select 'constraint' as kind, c.name || ' ' || quote_ident(k.conname) as name,
       json_build_object('definition', pg_get_constraintdef(k.oid)) as properties
  from relation c
  join pg_constraint k on k.conrelid = c.oid
 where k.contype <> 'n' or not k.convalidated
