drop table federation.oauth_credentials;
drop table federation.provisioning_jobs;
drop table federation.tenants;
drop table federation.departments;
drop function federation.update_updated_at_column();

revoke select on federation.migration_runs, federation.schema_migrations from {{ roles.admin | ident }};
revoke usage on schema federation from {{ roles.admin | ident }};

comment on table federation.schema_migrations is null;
comment on table federation.migration_runs is null;
comment on schema federation is null;

alter default privileges grant usage on types to public;
alter default privileges grant execute on functions to public;
