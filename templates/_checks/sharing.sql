-- title: permissions between departments name tables that may be shared, and nothing else
-- why: The registry says which table a shared resource is. A changed row would open another table.
-- scope: server
-- as: owner
-- example: update federation.cross_dept_resources set table_name = 'calendar_events' where resource_type = 'contacts'
-- mended: update federation.cross_dept_resources set table_name = 'contacts' where resource_type = 'contacts'
with wanted as (
  select x.* from declared, jsonb_to_recordset(d->'sharing') as x(resource text, "table" text)
)
select 'error' as severity, true as isolation, 'resource ' || coalesce(r.resource_type, w.resource) as object,
       'stands for table ' || coalesce(r.table_name, 'none') || ' instead of ' || coalesce(w."table", 'none') as message,
       format('update federation.cross_dept_resources set table_name = %L where resource_type = %L;', w."table", coalesce(r.resource_type, w.resource)) as remedy
  from federation.cross_dept_resources r
  full join wanted w on w.resource = r.resource_type
 where r.table_name is distinct from w."table"
   -- Resources of other packs are none of this one's business.
   and (w.resource is not null or r.table_name in (select jsonb_array_elements_text(c.d->'tables') from declared c))
