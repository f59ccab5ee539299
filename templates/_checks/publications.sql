-- title: no publication, slot or subscription carries rows of tenants away or in
-- why: Logical replication ignores row security: who subscribes reads every tenant, and a subscription writes past it.
-- scope: server
-- example: create publication everything for table hr_tenant.contacts
-- mended: drop publication everything
select case when p.puballtables or e.shown is not null then 'error' else 'note' end as severity, p.puballtables or e.shown is not null as isolation,
       'publication ' || quote_ident(p.pubname) as object,
       case when p.puballtables then 'publishes all tables' else coalesce('publishes ' || e.shown, 'publishes other tables') end as message,
       format('drop publication %I;', p.pubname) as remedy
  from pg_publication p
  left join lateral (
    select string_agg(r.name, ', ') as shown
      from (select x.prrelid::regclass::text as name
              from pg_publication_rel x
              join pg_class c on c.oid = x.prrelid
             where x.prpubid = p.oid and c.relnamespace in (select oid from managed_schema)
            /*15+ union all
            select 'all tables of ' || y.pnnspid::regnamespace from pg_publication_namespace y
             where y.pnpubid = p.oid and y.pnnspid in (select oid from managed_schema) */
            limit 5) r) e on true
union all
select 'error', true, 'replication slot ' || quote_ident(s.slot_name), 'decodes every change of this database (plugin ' || s.plugin || ')',
       format('select pg_drop_replication_slot(%L);', s.slot_name)
  from pg_replication_slots s
 where s.slot_type = 'logical' and s.database = current_database()
union all
-- The catalogue of all databases; where its connection leads only superusers may read.
select 'error', true, 'subscription ' || quote_ident(s.subname), 'writes rows from another server into tables of this database, as ' || quote_ident(pg_get_userbyid(s.subowner)),
       format('drop subscription %I;', s.subname)
  from pg_subscription s
 where s.subdbid = (select b.oid from pg_database b where b.datname = current_database())
