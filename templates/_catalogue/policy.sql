select 'policy' as kind, c.name || ' ' || quote_ident(p.polname) as name,
       json_build_object(
         'command', p.polcmd,
         'permissive', p.polpermissive,
         'roles', case when p.polroles = '{0}' then '["public"]'::json else (
                    select json_agg(r.name order by r.name collate "C")
                      from (select case when o = 0 then 'public' else pg_get_userbyid(o)::text end from unnest(p.polroles) o) r(name)) end,
         'using', u.said,
         -- Where no check is written, the server takes what USING says. Deparsing is what costs, and need not be where the
         -- stored texts are the same; before version 17 they hold positions in the script, too.
         'check', case when coalesce(p.polwithcheck::text, p.polqual::text) = p.polqual::text then 'as using'
                       else (select case when k.said = u.said then 'as using' else k.said end
                               from (select pg_get_expr(p.polwithcheck, p.polrelid) as said offset 0) k) end) as properties
  from relation c
  join pg_policy p on p.polrelid = c.oid
 cross join lateral (select pg_get_expr(p.polqual, p.polrelid) as said offset 0) u
