-- fixture: federation

-- drop-primary-key: breaks completeness
alter table hr_tenant.contacts drop constraint idx_contacts_department;

-- drop-unique: breaks completeness
alter table hr_tenant.contacts drop constraint contacts_contact_id_key;

-- drop-check: breaks completeness
alter table hr_tenant.email_logs drop constraint valid_email_status;

-- drop-tenant-check: breaks completeness
alter table hr_tenant.contacts drop constraint contacts_department_check;

-- drop-foreign-key: breaks completeness
alter table hr_tenant.email_logs drop constraint email_logs_tool_call_fkey;

-- foreign-key-cascades: breaks completeness
-- given: alter table hr_tenant.email_logs rename constraint email_logs_tool_call_fkey to old_fkey
alter table hr_tenant.email_logs drop constraint old_fkey, add constraint email_logs_tool_call_fkey foreign key (department, tool_call_id) references hr_tenant.tool_calls (department, tool_call_id) on delete cascade;

-- foreign-key-deferrable: breaks completeness
alter table hr_tenant.email_logs alter constraint email_logs_tool_call_fkey deferrable initially deferred;

-- foreign-key-not-valid: breaks completeness
alter table hr_tenant.email_logs drop constraint email_logs_tool_call_fkey, add constraint email_logs_tool_call_fkey foreign key (department, tool_call_id) references hr_tenant.tool_calls (department, tool_call_id) not valid;

-- foreign-key-not-enforced: breaks completeness, since 18
alter table hr_tenant.email_logs alter constraint email_logs_tool_call_fkey not enforced;

-- check-not-valid: breaks completeness
alter table hr_tenant.email_logs drop constraint valid_email_status, add constraint valid_email_status check (status in ('SENDING', 'SENT', 'FAILED', 'BOUNCED')) not valid;

-- check-not-enforced: breaks completeness, since 18
alter table hr_tenant.email_logs drop constraint valid_email_status, add constraint valid_email_status check (status in ('SENDING', 'SENT', 'FAILED', 'BOUNCED')) not enforced;

-- check-weakened: breaks completeness
alter table hr_tenant.email_logs drop constraint valid_email_status, add constraint valid_email_status check (status <> '');

-- tenant-check-widened: breaks completeness
alter table hr_tenant.contacts drop constraint contacts_department_check, add constraint contacts_department_check check (department in ('hr', 'sales'));

-- unique-deferrable: breaks completeness
alter table hr_tenant.contacts drop constraint contacts_contact_id_key, add constraint contacts_contact_id_key unique (department, contact_id) deferrable;

-- unique-nulls-not-distinct: breaks completeness, since 15
alter table hr_tenant.contacts drop constraint contacts_contact_id_key, add constraint contacts_contact_id_key unique nulls not distinct (department, contact_id);

-- unique-on-fewer-columns: breaks completeness
alter table hr_tenant.conversation_history drop constraint idx_conversation_session, add constraint idx_conversation_session unique (department, session_id);

-- extra-unique: breaks completeness
alter table hr_tenant.notifications add constraint one_title unique (department, title);

-- extra-exclusion: breaks completeness
alter table hr_tenant.calendar_events add constraint no_overlap exclude using gist (tstzrange(start_time, end_time) with &&);

-- drop-essential-index: breaks completeness
drop index hr_tenant.idx_contacts_full_name;

-- drop-other-index: breaks completeness
drop index hr_tenant.idx_contacts_organization;

-- drop-gin-index: breaks completeness
drop index hr_tenant.idx_drive_search;

-- index-on-other-columns: breaks completeness
-- given: drop index hr_tenant.idx_contacts_full_name
create index idx_contacts_full_name on hr_tenant.contacts (department, job_title);

-- index-made-partial: breaks completeness
-- given: drop index hr_tenant.idx_tool_calls_status
create index idx_tool_calls_status on hr_tenant.tool_calls (department, status) where status = 'FAILED';

-- index-other-method: breaks completeness
-- given: drop index hr_tenant.idx_contacts_full_name
create index idx_contacts_full_name on hr_tenant.contacts using brin (department, full_name);

-- index-other-order: breaks completeness
-- given: drop index hr_tenant.idx_tool_calls_created
create index idx_tool_calls_created on hr_tenant.tool_calls (department, created_at);

-- index-invalid: breaks completeness
update pg_index set indisvalid = false where indexrelid = 'hr_tenant.idx_contacts_full_name'::regclass;

-- index-not-ready: breaks completeness
update pg_index set indisready = false where indexrelid = 'hr_tenant.contacts_contact_id_key'::regclass;

-- key-into-neighbour: breaks isolation
alter table hr_tenant.contacts add constraint peer foreign key (department, contact_id) references sales_tenant.contacts (department, contact_id) not valid;

-- key-from-neighbour: breaks isolation, for hr sales
alter table sales_tenant.contacts add constraint peer foreign key (department, contact_id) references hr_tenant.contacts (department, contact_id) not valid;

-- key-from-elsewhere: breaks isolation
-- given: create schema lab; create table lab.oracle (department varchar(100), contact_id varchar(255))
alter table lab.oracle add foreign key (department, contact_id) references hr_tenant.contacts (department, contact_id);

-- key-to-elsewhere: breaks isolation
-- given: create schema lab; create table lab.list (id varchar(255) primary key)
alter table hr_tenant.contacts add foreign key (contact_id) references lab.list on delete cascade not valid;

-- key-on-control-plane: breaks completeness
alter table hr_tenant.contacts add foreign key (department) references federation.departments (department_id) on delete cascade;

-- extra-index: harmless
create index extra_one on hr_tenant.contacts (department, job_title);

-- extra-partial-index: harmless
create index extra_two on hr_tenant.tool_calls (department, created_at) where status = 'FAILED';

-- extra-expression-index: harmless
create index extra_three on hr_tenant.contacts (department, lower(full_name));

-- rename-index: harmless
alter index hr_tenant.idx_contacts_organization rename to contacts_by_organization;

-- rename-essential-index: harmless
alter index hr_tenant.idx_contacts_full_name rename to contacts_by_name;

-- rename-foreign-key: harmless
alter table hr_tenant.email_logs rename constraint email_logs_tool_call_fkey to email_logs_call;

-- index-fillfactor: harmless
alter index hr_tenant.idx_contacts_full_name set (fillfactor = 70);

-- index-statistics: harmless
create index extra_four on hr_tenant.calendar_events using brin (created_at);

-- extra-gin-index: harmless
create index extra_five on hr_tenant.contacts using gin (email_addresses);
