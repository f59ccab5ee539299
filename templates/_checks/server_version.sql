-- title: the server has no known hole in row security
-- why: Some minor releases let a tenant read rows that its policies hide, whatever the policies say.
-- scope: server
select 'warning' as severity, false as isolation,
       'server ' || current_setting('server_version') as object,
       v.cve || ' is open before ' || v.major || '.' || v.fixed as message,
       'Update the server to ' || v.major || '.' || v.fixed || ' or newer. Keys that begin with the tenant keep ON CONFLICT from reaching foreign rows meanwhile.' as remedy
  from (values
    (14, 12, 'CVE-2024-4317 (pg_stats_ext shows other roles'' statistics)'),
    (15, 7, 'CVE-2024-4317 (pg_stats_ext shows other roles'' statistics)'),
    (16, 3, 'CVE-2024-4317 (pg_stats_ext shows other roles'' statistics)'),
    (14, 14, 'CVE-2024-10976 (row security below subqueries ignores role changes)'),
    (15, 9, 'CVE-2024-10976 (row security below subqueries ignores role changes)'),
    (16, 5, 'CVE-2024-10976 (row security below subqueries ignores role changes)'),
    (17, 1, 'CVE-2024-10976 (row security below subqueries ignores role changes)'),
    (14, 19, 'CVE-2025-8713 (planner statistics of hidden rows)'),
    (15, 14, 'CVE-2025-8713 (planner statistics of hidden rows)'),
    (16, 10, 'CVE-2025-8713 (planner statistics of hidden rows)'),
    (17, 6, 'CVE-2025-8713 (planner statistics of hidden rows)'),
    (14, 24, 'CVE-2026-14666 (cached plans keep the access of a revoked membership)'),
    (15, 19, 'CVE-2026-14666 (cached plans keep the access of a revoked membership)'),
    (16, 15, 'CVE-2026-14666 (cached plans keep the access of a revoked membership)'),
    (17, 11, 'CVE-2026-14666 (cached plans keep the access of a revoked membership)'),
    (18, 6, 'CVE-2026-14666 (cached plans keep the access of a revoked membership)'),
    (14, 25, 'CVE-2026-120154 and CVE-2026-16237 (ON CONFLICT DO UPDATE reads hidden rows)'),
    (15, 20, 'CVE-2026-120154 and CVE-2026-16237 (ON CONFLICT DO UPDATE reads hidden rows)'),
    (16, 16, 'CVE-2026-120154 and CVE-2026-16237 (ON CONFLICT DO UPDATE reads hidden rows)'),
    (17, 12, 'CVE-2026-120154 and CVE-2026-16237 (ON CONFLICT DO UPDATE reads hidden rows)'),
    (18, 7, 'CVE-2026-120154 and CVE-2026-16237 (ON CONFLICT DO UPDATE reads hidden rows)')
  ) as v(major, fixed, cve)
 where current_setting('server_version_num')::integer / 10000 = v.major
   and current_setting('server_version_num')::integer % 10000 < v.fixed
union all
select 'warning', false, 'view pg_catalog.pg_stats_ext', 'CVE-2024-4317 was never repaired in this cluster',
       'Run fix-CVE-2024-4317.sql from the server''s share folder in every database.'
 where pg_get_viewdef('pg_catalog.pg_stats_ext'::regclass) not like '%pg_has_role%'
