-- The targets of a run, and scripts that are under way without a transaction.

create table federation.run_targets (
  run_id      uuid not null,
  target      text not null,
  state       text not null default 'pending',
  error       text,
  finished_at timestamptz,
  constraint run_targets_pkey primary key (run_id, target),
  constraint run_targets_run_id_fkey foreign key (run_id) references federation.migration_runs (run_id),
  constraint run_targets_state_check check (state in ('pending', 'succeeded', 'failed')),
  constraint run_targets_finished_check check ((state = 'pending') = (finished_at is null))
);
comment on table federation.run_targets is 'What became of each target of a run over many; pending: it was not reached';
create index run_targets_target_idx on federation.run_targets (target);
grant select on federation.run_targets to {{ roles.admin | ident }};

alter table federation.migration_runs
  drop constraint migration_runs_command_check,
  add constraint migration_runs_command_check check (command in ('apply', 'rollback', 'import'));

-- A script without a transaction has its row from its first statement on: statements_done says how far it came.
alter table federation.schema_migrations
  drop constraint schema_migrations_state_check,
  add constraint schema_migrations_state_check check (state in ('running', 'applied', 'rolled_back'));
create unique index schema_migrations_running_key
  on federation.schema_migrations (target, pack, script) where state = 'running';
