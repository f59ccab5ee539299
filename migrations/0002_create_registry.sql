-- Departments, the roles bound to tenants, provisioning jobs and OAuth credentials.

-- Whatever the owner creates from here on is executable and usable by nobody until it is granted by name.
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

comment on schema federation is 'Control plane of fedgen: registry, permissions, audit and migration ledger';
comment on table federation.migration_runs is 'One row per run of the migration runner';
comment on table federation.schema_migrations is 'Which script stands in which target; rolled-back rows are kept as history';

create function federation.update_updated_at_column() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  new.updated_at := now();
  return new;
end
$fn$;
revoke all on function federation.update_updated_at_column() from public;
comment on function federation.update_updated_at_column() is 'Trigger: keeps updated_at true';

create table federation.departments (
  id                     uuid not null default gen_random_uuid(),
  department_id          varchar(100) not null,
  department_name        varchar(255) not null,
  status                 varchar(20) not null default 'PROVISIONING',
  tenant_schema          varchar(63) not null,
  railway_project_id     varchar(255),
  railway_deployment_url text,
  n8n_workflow_ids       jsonb,
  enabled_tools          jsonb,
  admin_email            varchar(255),
  config                 jsonb,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  deprovisioned_at       timestamptz,
  constraint departments_pkey primary key (id),
  constraint departments_department_id_key unique (department_id),
  constraint departments_tenant_schema_key unique (tenant_schema),
  -- 'federation' is how the ledger calls the control plane itself.
  constraint departments_department_id_check
    check (department_id ~ '^[a-z][a-z0-9_]{0,55}$' and department_id <> 'federation'),
  constraint departments_tenant_schema_check check (tenant_schema = department_id || '_tenant'),
  constraint departments_admin_email_check check (admin_email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  constraint valid_status
    check (status in ('PROVISIONING', 'ACTIVE', 'DEPROVISIONING', 'FAILED', 'DEPROVISIONED')),
  constraint departments_deprovisioned_check check ((status = 'DEPROVISIONED') = (deprovisioned_at is not null))
);
comment on table federation.departments is 'Registry of departments and their provisioning state';
create index idx_departments_status on federation.departments (status);
create index idx_departments_created on federation.departments (created_at desc);
create trigger update_departments_updated_at before update on federation.departments
  for each row execute function federation.update_updated_at_column();

create table federation.tenants (
  role_name     name not null,
  tenant_id     text not null,
  pack          text not null,
  department_id varchar(100),
  status        text not null default 'active',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint tenants_pkey primary key (role_name),
  constraint tenants_pack_tenant_id_key unique (pack, tenant_id),
  constraint tenants_department_id_fkey
    foreign key (department_id) references federation.departments (department_id) on delete cascade,
  constraint tenants_tenant_id_check check (tenant_id <> ''),
  constraint tenants_status_check check (status in ('active', 'suspended')),
  -- The department of a role and the tenant it acts for are one thing.
  constraint tenants_department_check check (department_id is null or department_id = tenant_id)
);
comment on table federation.tenants is 'Which database role acts for which tenant; every policy asks this table';
create index tenants_department_id_idx on federation.tenants (department_id);
create trigger update_tenants_updated_at before update on federation.tenants
  for each row execute function federation.update_updated_at_column();

create table federation.provisioning_jobs (
  id            uuid not null default gen_random_uuid(),
  department_id varchar(100) not null,
  status        varchar(20) not null default 'PENDING',
  progress      jsonb not null default '{}',
  error_message text,
  created_at    timestamptz not null default now(),
  started_at    timestamptz,
  completed_at  timestamptz,
  constraint provisioning_jobs_pkey primary key (id),
  constraint provisioning_jobs_department_id_fkey
    foreign key (department_id) references federation.departments (department_id) on delete cascade,
  constraint valid_status check (status in ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED')),
  constraint provisioning_jobs_progress_check check (jsonb_typeof(progress) = 'object'),
  constraint provisioning_jobs_times_check check (completed_at >= started_at)
);
comment on table federation.provisioning_jobs is 'Progress of creating one department';
create index idx_provisioning_dept on federation.provisioning_jobs (department_id);
create index idx_provisioning_status on federation.provisioning_jobs (status);

-- Secrets are encrypted by the client (AES-256-GCM, key id and version as associated data). The database stores
-- envelopes, never a key; the version lets a key rotation stop half-way and go on.
create table federation.oauth_credentials (
  id                            uuid not null default gen_random_uuid(),
  department_id                 varchar(100) not null,
  service_name                  varchar(50) not null,
  oauth_client_id               varchar(255) not null,
  oauth_client_secret_encrypted bytea not null,
  oauth_app_name                varchar(255),
  scopes                        jsonb,
  refresh_token_encrypted       bytea,
  access_token_encrypted        bytea,
  token_expires_at              timestamptz,
  last_refreshed_at             timestamptz,
  encryption_key_id             varchar(100) not null,
  encryption_key_version        integer not null default 1,
  created_at                    timestamptz not null default now(),
  rotated_at                    timestamptz,
  constraint oauth_credentials_pkey primary key (id),
  constraint unique_dept_service unique (department_id, service_name),
  constraint oauth_credentials_department_id_fkey
    foreign key (department_id) references federation.departments (department_id) on delete cascade,
  constraint oauth_credentials_key_version_check check (encryption_key_version > 0),
  constraint oauth_credentials_scopes_check check (jsonb_typeof(scopes) = 'array')
);
comment on table federation.oauth_credentials is
  'One OAuth application per department and service; secrets are envelopes encrypted by the client';
create index idx_oauth_dept on federation.oauth_credentials (department_id);
create index idx_oauth_service on federation.oauth_credentials (service_name);

-- Platform administrators read the registry and run the life cycle. The binding of a role to its tenant, the ids and
-- the schema names are written by scripts only: whoever could change them could become another tenant.
grant usage on schema federation to {{ roles.admin | ident }};
grant select on
  federation.migration_runs, federation.schema_migrations, federation.departments, federation.tenants
  to {{ roles.admin | ident }};
grant update
  (department_name, status, railway_project_id, railway_deployment_url, n8n_workflow_ids, enabled_tools, admin_email,
   config, deprovisioned_at)
  on federation.departments to {{ roles.admin | ident }};
grant update (status) on federation.tenants to {{ roles.admin | ident }};
grant select, insert, update, delete on federation.provisioning_jobs, federation.oauth_credentials
  to {{ roles.admin | ident }};
