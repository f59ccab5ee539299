drop index federation.schema_migrations_running_key;
delete from federation.schema_migrations where state = 'running';
alter table federation.schema_migrations
  drop constraint schema_migrations_state_check,
  add constraint schema_migrations_state_check check (state in ('applied', 'rolled_back'));
update federation.migration_runs set command = 'apply' where command = 'import';
alter table federation.migration_runs
  drop constraint migration_runs_command_check,
  add constraint migration_runs_command_check check (command in ('apply', 'rollback'));
drop table federation.run_targets;
