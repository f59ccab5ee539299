-- fixture: csuite

-- pool-bypasses: breaks isolation
alter role pool bypassrls;

-- pool-replicates: breaks isolation
alter role pool replication;

-- pool-has-a-tenant-by-default: breaks isolation
alter role pool set app.current_tenant_id = 'acme';

-- pool-has-a-token-by-default: breaks isolation
alter role pool set app.tenant_token = 'v1.a.b.c.acme';

-- pool-of-a-pool: breaks isolation
-- given: create role powers bypassrls; grant pool to powers
alter role powers login;

-- pool-granted: breaks isolation
grant select on csuite.connectors to pool;

-- pool-reads-keys: breaks isolation
grant select on federation.pack_keys to pool;

-- pool-calls-token-tenant: breaks isolation
grant execute on function federation.token_tenant(text) to pool;

-- registered-without-row: breaks completeness
-- given: set session_replication_role = replica
delete from csuite.tenants where tenant_id = 'zeta';

-- row-without-registration: breaks completeness
-- given: set session_replication_role = replica
delete from federation.tenants where tenant_id = 'zeta';

-- row-of-nobody: breaks completeness
-- given: set session_replication_role = replica
insert into csuite.users (tenant_id, clerk_id, email) values ('ghost', 'g', 'g@example.org');

-- knowledge-key-nulls-meet: breaks both
alter table csuite.knowledge_entries alter column tenant_key drop expression;

-- connector-clear-trigger-disabled: breaks completeness
alter table csuite.connectors disable trigger all;

-- phase-two-ledger: breaks completeness
delete from federation.schema_migrations where target = 'pack:csuite' and number = 6;

-- snapshot-date-is-a-time: breaks completeness
alter table csuite.analytics_snapshots alter column date type timestamptz;

-- snapshot-once-a-day-dropped: breaks completeness
alter table csuite.analytics_snapshots drop constraint analytics_snapshots_tenant_id_date_key;

-- challenge-volatile: breaks isolation
alter function federation.challenge() volatile;

-- enter-strict: breaks completeness
alter function federation.enter(text, text) strict;

-- pool-timeout: harmless
alter role pool set statement_timeout = '20s';

-- pool-limit: harmless
alter role pool connection limit 40;

-- pool-password: harmless
alter role pool password 'x';

-- pool-owns-an-application: harmless
create schema application authorization pool;

-- pool-path: harmless
alter role pool set application_name = 'app';

-- more-knowledge: harmless
insert into csuite.knowledge_entries (source, content) select 'web', n::text from generate_series(1, 50) n;

-- another-key: harmless
insert into federation.pack_keys (pack, key_id, inner_pad, outer_pad) values ('csuite', repeat('b', 16), decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex'));

-- pool-leaves: harmless
revoke csuite_tenant from pool;

-- registered-without-any-row: breaks completeness
-- given: set session_replication_role = replica; delete from csuite.users where tenant_id = 'zeta'
delete from csuite.tenants where tenant_id = 'zeta';
