-- fixture: federation

-- drop-updated-at: breaks completeness
drop trigger update_contacts_updated_at on hr_tenant.contacts;

-- drop-append-only: breaks completeness
drop trigger audit_trail_append_only on hr_tenant.audit_trail;

-- drop-created-at: breaks completeness
drop trigger audit_trail_created_at on hr_tenant.audit_trail;

-- disable-append-only: breaks completeness
alter table hr_tenant.audit_trail disable trigger audit_trail_append_only;

-- replica-append-only: breaks completeness
alter table hr_tenant.audit_trail enable replica trigger audit_trail_append_only;

-- disable-user: breaks completeness
alter table hr_tenant.contacts disable trigger user;

-- disable-all: breaks completeness
alter table hr_tenant.email_logs disable trigger all;

-- disable-all-referenced: breaks completeness
alter table hr_tenant.tool_calls disable trigger all;

-- append-only-for-update-only: breaks completeness
-- given: drop trigger audit_trail_append_only on hr_tenant.audit_trail
create trigger audit_trail_append_only before update on hr_tenant.audit_trail for each statement execute function federation.refuse_change();

-- append-only-when-false: breaks completeness
-- given: drop trigger audit_trail_append_only on hr_tenant.audit_trail
create trigger audit_trail_append_only before update or delete on hr_tenant.audit_trail for each row when (false) execute function federation.refuse_change();

-- refusal-empty: breaks completeness, for hr sales
create or replace function federation.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $fn$ begin return new; end $fn$;

-- new-trigger: breaks isolation
-- given: create function hr_tenant.spy() returns trigger language plpgsql as $fn$ begin return null; end $fn$; revoke all on function hr_tenant.spy() from public
create trigger watch after insert on hr_tenant.contacts for each row execute function hr_tenant.spy();

-- new-trigger-elsewhere: breaks isolation
-- given: create schema lab; create function lab.spy() returns trigger language plpgsql security definer as $fn$ begin return new; end $fn$
create trigger watch before insert on hr_tenant.contacts for each row execute function lab.spy();

-- new-trigger-on-neighbour: breaks isolation, for hr sales
-- given: create schema lab; create function lab.copy() returns trigger language plpgsql security definer as $fn$ begin insert into hr_tenant.contacts (contact_id) values (new.contact_id); return new; end $fn$
create trigger watch before insert on sales_tenant.contacts for each row execute function lab.copy();

-- new-constraint-trigger: breaks isolation
-- given: create function hr_tenant.spy() returns trigger language plpgsql as $fn$ begin return null; end $fn$; revoke all on function hr_tenant.spy() from public
create constraint trigger watch after insert on hr_tenant.contacts deferrable for each row execute function hr_tenant.spy();

-- new-trigger-on-built-in: breaks completeness
create trigger quiet before update on hr_tenant.contacts for each row execute function suppress_redundant_updates_trigger();

-- new-trigger-on-control: breaks isolation, for hr sales
-- given: create schema lab; create function lab.spy() returns trigger language plpgsql as $fn$ begin return new; end $fn$
create trigger watch before insert or update on federation.tenants for each row execute function lab.spy();

-- trigger-function-replaced: breaks isolation
-- given: drop trigger update_contacts_updated_at on hr_tenant.contacts; create schema lab; create function lab.spy() returns trigger language plpgsql security definer as $fn$ begin return new; end $fn$
create trigger update_contacts_updated_at before update on hr_tenant.contacts for each row execute function lab.spy();

-- new-rule-instead: breaks isolation
create rule swallow as on insert to hr_tenant.contacts do instead nothing;

-- new-rule-also: breaks isolation
-- given: create schema lab; create table lab.copies (contact_id text)
create rule copy as on insert to hr_tenant.contacts do also insert into lab.copies values (new.contact_id);

-- new-rule-on-neighbour: breaks isolation, for hr sales
create rule copy as on insert to sales_tenant.contacts do also insert into hr_tenant.contacts (contact_id) values (new.contact_id);

-- rule-elsewhere-shows: breaks isolation
-- given: create schema lab; create table lab.door (id text); grant usage on schema lab to public; grant insert on lab.door to public
create rule wipe as on insert to lab.door do also delete from hr_tenant.contacts;

-- audit-status-trigger-dropped: breaks completeness, for hr sales
drop trigger tenants_audit_status on federation.tenants;

-- rename-nothing: harmless
comment on trigger update_contacts_updated_at on hr_tenant.contacts is 'keeps the time';

-- enable-again: harmless
alter table hr_tenant.contacts enable trigger all;

-- unrelated-trigger: harmless
-- given: create schema ops; create table ops.jobs (id integer); create function ops.tick() returns trigger language plpgsql as $fn$ begin return new; end $fn$
create trigger tick before insert on ops.jobs for each row execute function ops.tick();
