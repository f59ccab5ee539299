-- fixture: metering

-- detach: breaks completeness
alter table north_tenant.readings detach partition north_tenant.readings_2025;

-- drop-partition: breaks completeness
drop table north_tenant.readings_2025 cascade;

-- drop-default-partition: breaks completeness
drop table north_tenant.readings_rest cascade;

-- drop-sub-partition: breaks completeness
drop table north_tenant.readings_2026_odd cascade;

-- attach-elsewhere: breaks isolation
-- given: create schema lab; create table lab.readings_2030 (like north_tenant.readings including defaults including constraints including generated)
alter table north_tenant.readings attach partition lab.readings_2030 for values from ('2030-01-01') to ('2031-01-01');

-- partition-created-elsewhere: breaks isolation
-- given: create schema lab
create table lab.readings_2031 partition of north_tenant.readings for values from ('2031-01-01') to ('2032-01-01');

-- open-new-partition: breaks isolation
create table north_tenant.readings_2030 partition of north_tenant.readings for values from ('2030-01-01') to ('2031-01-01');

-- partition-row-security-off: breaks isolation
alter table north_tenant.readings_2025 disable row level security;

-- sub-partition-row-security-off: breaks isolation
alter table north_tenant.readings_2026_even disable row level security;

-- hash-partition-not-forced: breaks isolation
alter table north_tenant.telegrams_1 no force row level security;

-- parent-row-security-off: breaks isolation
alter table north_tenant.readings disable row level security;

-- partition-granted: breaks isolation
grant select on north_tenant.readings_2025 to north_role;

-- partition-granted-to-neighbour: breaks isolation, for north south
grant select on north_tenant.readings_2025 to south_role;

-- partition-policy-true: breaks isolation
create policy debug on north_tenant.readings_2025 using (true);

-- partition-owner: breaks isolation
alter table north_tenant.telegrams_0 owner to north_role;

-- partition-unlogged: breaks completeness
alter table north_tenant.telegrams_0 set unlogged;

-- partition-trigger: breaks completeness
create trigger quiet before update on north_tenant.readings_2025 for each row execute function suppress_redundant_updates_trigger();

-- partition-trigger-disabled: breaks completeness
alter table north_tenant.readings_2025 disable trigger all;

-- partition-index-dropped: breaks completeness
drop index north_tenant.readings_read_at_idx;

-- partition-key-dropped: breaks completeness
alter table north_tenant.alarms drop constraint alarms_reading_fkey;

-- key-into-partitions-not-deferrable: breaks completeness
alter table north_tenant.alarms alter constraint alarms_reading_fkey not deferrable;

-- partition-check: breaks completeness
alter table north_tenant.readings drop constraint readings_quality;

-- partition-bounds: breaks completeness
-- given: alter table north_tenant.readings detach partition north_tenant.readings_2025
alter table north_tenant.readings attach partition north_tenant.readings_2025 for values from ('2025-01-01 00:00:00+00') to ('2025-07-01 00:00:00+00');

-- partition-replica-identity: breaks completeness
alter table north_tenant.readings_2025 replica identity nothing;

-- publication-via-root: breaks isolation, for north south
create publication feed_out for table north_tenant.readings with (publish_via_partition_root = true);

-- publication-of-partition: breaks isolation, for north south
create publication feed_out for table north_tenant.readings_2025;

-- materialized-granted: breaks isolation
grant select on north_tenant.daily_totals to north_role;

-- materialized-granted-to-neighbour: breaks isolation, for north south
grant select on north_tenant.daily_totals to south_role;

-- materialized-dropped: breaks completeness
drop materialized view north_tenant.daily_totals;

-- materialized-index-dropped: breaks completeness
drop index north_tenant.daily_totals_key;

-- materialized-owner: breaks isolation
alter materialized view north_tenant.daily_totals owner to postgres;

-- shown-without-filter: breaks isolation
create or replace function north_tenant.daily_totals_of(wanted date) returns table (serial text, used bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $fn$ select t.serial, t.used from north_tenant.daily_totals t where t.day = wanted $fn$;

-- shown-to-neighbour: breaks isolation, for north south
grant execute on function north_tenant.daily_totals_of(date) to south_role;

-- shown-to-public: breaks isolation
grant execute on function north_tenant.daily_totals_of(date) to public;

-- shown-unpinned: breaks isolation
alter function north_tenant.daily_totals_of(date) reset search_path;

-- tenant-column-unchecked: breaks completeness
alter table north_tenant.meters drop constraint meters_site_check;

-- exclusion-dropped: breaks completeness
alter table north_tenant.tariffs drop constraint tariffs_one_at_a_time;

-- generated-domain-dropped: breaks completeness
alter table north_tenant.readings drop column energy;

-- domain-check-dropped: breaks completeness
alter domain north_tenant.serial_number drop constraint serial_number_form;

-- domain-nullable: breaks completeness
alter domain north_tenant.kwh drop not null;

-- domain-check-not-valid: breaks completeness
-- given: alter domain north_tenant.serial_number drop constraint serial_number_form
alter domain north_tenant.serial_number add constraint serial_number_form check (value ~ '^[0-9A-F]{8}(-[0-9]{1,4})?$') not valid;

-- domain-default: breaks completeness
alter domain north_tenant.kwh set default 7;

-- enum-label-added: breaks completeness
alter type north_tenant.medium add value 'steam';

-- enum-label-renamed: breaks completeness
alter type north_tenant.medium rename value 'gas' to 'oil';

-- type-renamed: breaks completeness
alter type north_tenant.medium rename to media;

-- type-granted: breaks isolation, for north south
grant usage on type north_tenant.medium to south_role;

-- type-owner: breaks isolation
alter type north_tenant.medium owner to north_role;

-- domain-owner: breaks isolation
alter domain north_tenant.serial_number owner to south_role;

-- generating-function-changed: breaks completeness
create or replace function north_tenant.bounded_kwh(raw bigint, factor numeric) returns numeric language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $fn$ select 0.0 $fn$;

-- refresh-revoked: breaks completeness
revoke execute on function north_tenant.refresh_daily_totals() from north_role;

-- orphan-in-partition: breaks completeness
-- given: set session_replication_role = replica
insert into north_tenant.readings (serial, read_at, raw) values ('DEADBEEF', '2025-03-01', 1);

-- partition-analyze: harmless
analyze north_tenant.readings;

-- refresh-by-owner: harmless
-- given: set role north_role
select north_tenant.refresh_daily_totals();

-- rows-in-partitions: harmless
insert into north_tenant.telegrams (device, body) select gen_random_uuid(), '\x01' from generate_series(1, 100);

-- partition-statistics: harmless
alter table north_tenant.readings_2025 alter column raw set statistics 300;

-- partition-fillfactor: harmless
alter table north_tenant.readings_2025 set (fillfactor = 90);

-- partition-index: harmless
create index extra on north_tenant.readings_2025 (site, raw);

-- parent-index: harmless
create index extra on north_tenant.telegrams (site, received_at);

-- granted-new-partition: breaks completeness
-- given: create table north_tenant.readings_2030 partition of north_tenant.readings for values from ('2030-01-01') to ('2031-01-01'); alter table north_tenant.readings_2030 owner to federation_owner; alter table north_tenant.readings_2030 enable row level security, force row level security
grant select on north_tenant.readings_2030 to north_role;

-- closed-new-partition: harmless
-- given: create table north_tenant.readings_2030 partition of north_tenant.readings for values from ('2030-01-01') to ('2031-01-01'); alter table north_tenant.readings_2030 owner to federation_owner; alter table north_tenant.readings_2030 enable row level security
alter table north_tenant.readings_2030 force row level security;

-- detach-and-attach: harmless
-- given: alter table north_tenant.readings detach partition north_tenant.readings_2025
alter table north_tenant.readings attach partition north_tenant.readings_2025 for values from ('2025-01-01 00:00:00+00') to ('2026-01-01 00:00:00+00');
