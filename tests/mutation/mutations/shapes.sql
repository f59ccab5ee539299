-- fixture: federation

-- view-in-schema: breaks isolation
create view hr_tenant.phone_book as select full_name from hr_tenant.contacts;

-- view-in-schema-granted: breaks isolation
-- given: create view hr_tenant.phone_book as select full_name from hr_tenant.contacts
grant select on hr_tenant.phone_book to sales_role;

-- view-in-own-over-neighbour: breaks isolation
-- given: create view hr_tenant.theirs as select * from sales_tenant.contacts; alter view hr_tenant.theirs owner to federation_owner
grant select on hr_tenant.theirs to hr_role;

-- view-in-public: breaks isolation, for hr sales
-- given: create view public.phone_book as select full_name from sales_tenant.contacts
grant select on public.phone_book to public;

-- view-elsewhere: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create view lab.phone_book as select full_name from sales_tenant.contacts
grant select on lab.phone_book to hr_role;

-- view-over-view: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create view lab.inner_one as select full_name from sales_tenant.contacts; create view lab.outer_one as select * from lab.inner_one
grant select on lab.outer_one to public;

-- view-invoker-over-owner-view: breaks isolation, for hr sales, since 15
-- given: create schema lab; grant usage on schema lab to public; create view lab.inner_one as select full_name from sales_tenant.contacts; create view lab.outer_one with (security_invoker = true) as select * from lab.inner_one; grant select on lab.inner_one to public
grant select on lab.outer_one to public;

-- view-for-update: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create view lab.phone_book as select * from sales_tenant.contacts
grant insert, delete on lab.phone_book to hr_role;

-- view-column-granted: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create view lab.phone_book as select * from sales_tenant.contacts
grant select (full_name) on lab.phone_book to hr_role;

-- view-over-control-plane: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create view lab.who as select * from federation.tenants
grant select on lab.who to public;

-- view-by-function: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create function lab.rows_of() returns setof sales_tenant.contacts language sql security definer as 'select * from sales_tenant.contacts'; revoke execute on function lab.rows_of() from public
grant execute on function lab.rows_of() to hr_role;

-- materialized-in-schema: breaks isolation
create materialized view hr_tenant.snapshot as select * from hr_tenant.contacts;

-- materialized-elsewhere: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create materialized view lab.snapshot as select * from sales_tenant.contacts
grant select on lab.snapshot to hr_role;

-- copy-of-rows: breaks isolation, for hr sales
-- given: create schema lab; grant usage on schema lab to public; create table lab.copied as select * from sales_tenant.contacts
grant select on lab.copied to hr_role;

-- copy-of-rows-public: breaks isolation, for hr sales
-- given: create table public.copied as select * from sales_tenant.contacts
grant select on public.copied to public;

-- child-in-schema: breaks completeness
create table hr_tenant.contacts_old () inherits (hr_tenant.contacts);

-- child-elsewhere: breaks isolation
-- given: create schema lab; grant usage on schema lab to public
create table lab.contacts_old () inherits (hr_tenant.contacts);

-- neighbour-inherits: breaks isolation, for hr sales
-- given: alter table hr_tenant.contacts drop constraint contacts_department_check
alter table sales_tenant.contacts no force row level security, inherit hr_tenant.contacts;

-- attached-elsewhere: breaks isolation
-- given: create schema lab; grant usage on schema lab to public; create table lab.parent (department varchar(100) not null, note text)
create table hr_tenant.attached (department varchar(100) not null, note text) inherits (lab.parent);

-- parent-elsewhere: breaks isolation
-- given: create schema lab; grant usage on schema lab to public; create table lab.parent (contact_id varchar(255) not null); grant select on lab.parent to public
alter table hr_tenant.contacts inherit lab.parent;

-- foreign-table: breaks isolation
-- given: create extension file_fdw; create server files foreign data wrapper file_fdw
create foreign table hr_tenant.passwd (line text) server files options (filename '/etc/passwd');

-- type-in-schema: breaks isolation
-- given: create type hr_tenant.mood as enum ('fine', 'bad')
alter type hr_tenant.mood owner to hr_role;

-- sequence-in-schema: breaks isolation
-- given: create sequence hr_tenant.counter
grant usage on sequence hr_tenant.counter to sales_role;

-- invoker-view: harmless, since 15
-- given: set role federation_owner
create view hr_tenant.own_contacts with (security_invoker = true) as select full_name from hr_tenant.contacts;

-- unrelated-materialized: harmless
-- given: create schema ops; create table ops.jobs (id integer)
create materialized view ops.summary as select count(*) from ops.jobs;

-- unrelated-partitioned: harmless
-- given: create schema ops; create table ops.log (at date) partition by range (at)
create table ops.log_2026 partition of ops.log for values from ('2026-01-01') to ('2027-01-01');

-- extra-enum: harmless
-- given: set role federation_owner
create type hr_tenant.mood as enum ('fine', 'bad');

-- extra-domain: harmless
-- given: set role federation_owner
create domain hr_tenant.short as text check (length(value) < 10);

-- temporary-table: harmless
create temporary table hold as select * from hr_tenant.contacts;
