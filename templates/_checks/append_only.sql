-- title: append-only tables can be added to and read, nothing else
-- why: Evidence that those it speaks of can change is none.
-- scope: target
-- example: grant update on hr_tenant.audit_trail to hr_role
-- mended: revoke update on hr_tenant.audit_trail from hr_role
select 'error' as severity, false as isolation, 'table ' || p.name as object,
       case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end || ' may ' || lower(x.privilege_type) || ' its rows' as message,
       format('revoke %s on table %s from %s;', lower(x.privilege_type), p.name, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as remedy
  from pack_table p
  join pg_class c on c.oid = p.oid
  cross join lateral aclexplode(c.relacl) x
 where p.append_only and x.grantee <> c.relowner and x.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')
union all
select 'error', false, 'table ' || p.name, 'no trigger refuses UPDATE and DELETE: its owner can change it unseen',
       'Create the trigger again that the pack''s script names.'
  from pack_table p
 where p.append_only
   and not exists (select from pg_trigger g where g.tgrelid = p.oid and not g.tgisinternal and g.tgenabled in ('O', 'A') and (g.tgtype & 16) <> 0 and (g.tgtype & 8) <> 0)
   and not exists (select from pg_trigger g where g.tgrelid = p.oid and not g.tgisinternal and g.tgenabled in ('O', 'A') and (g.tgtype & 16) <> 0)
