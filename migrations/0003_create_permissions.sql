-- Which department may read what of another department.

-- The closed list of what can be shared, and the one table that implements it. '*' stands for all of them. Tables that
-- are not in this list (above all api_keys and audit_trail) cannot be shared at all.
create table federation.cross_dept_resources (
  resource_type varchar(50) not null,
  table_name    name,
  constraint cross_dept_resources_pkey primary key (resource_type),
  constraint cross_dept_resources_table_name_key unique (table_name),
  constraint cross_dept_resources_all_check check ((resource_type = '*') = (table_name is null)),
  constraint cross_dept_resources_never_check check (table_name not in ('api_keys', 'audit_trail'))
);
comment on table federation.cross_dept_resources is 'Resources that departments may share, and the table behind each';
insert into federation.cross_dept_resources (resource_type, table_name) values
  ('*', null),
  ('contacts', 'contacts'),
  ('drive_documents', 'drive_document_repository'),
  ('emails', 'email_logs');

-- Only 'read' is offered, because only 'read' is enforced: the permission types search and aggregate of the original
-- were names that nothing looked at.
create table federation.cross_dept_permissions (
  id                   uuid not null default gen_random_uuid(),
  source_department_id varchar(100) not null,
  target_department_id varchar(100) not null,
  permission_type      varchar(50) not null,
  resource_type        varchar(50) not null,
  enabled              boolean not null default true,
  granted_by           varchar(255) not null,
  granted_at           timestamptz not null default now(),
  expires_at           timestamptz,
  constraint cross_dept_permissions_pkey primary key (id),
  constraint unique_permission
    unique (source_department_id, target_department_id, permission_type, resource_type),
  -- No cascade: a department goes through federation.unregister_department, which takes the real grants back too.
  constraint cross_dept_permissions_source_fkey
    foreign key (source_department_id) references federation.departments (department_id),
  constraint cross_dept_permissions_target_fkey
    foreign key (target_department_id) references federation.departments (department_id),
  constraint cross_dept_permissions_resource_fkey
    foreign key (resource_type) references federation.cross_dept_resources (resource_type),
  constraint cross_dept_permissions_not_self_check check (source_department_id <> target_department_id),
  constraint cross_dept_permissions_type_check check (permission_type in ('read')),
  constraint cross_dept_permissions_granted_by_check check (granted_by <> ''),
  constraint cross_dept_permissions_expires_check check (expires_at > granted_at)
);
comment on table federation.cross_dept_permissions is
  'Which department (source) may do what with which resource of another (target)';
create index idx_cross_dept_source on federation.cross_dept_permissions (source_department_id);
create index idx_cross_dept_target on federation.cross_dept_permissions (target_department_id);
create index idx_cross_dept_enabled on federation.cross_dept_permissions (enabled);
create index idx_cross_dept_resource on federation.cross_dept_permissions (resource_type);

-- Read only: rows are written by federation.grant_cross_dept and federation.revoke_cross_dept.
grant select on federation.cross_dept_permissions, federation.cross_dept_resources to {{ roles.admin | ident }};
