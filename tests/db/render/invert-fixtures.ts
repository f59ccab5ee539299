/** Scripts that are applied in this order and undone in the reverse one. ROLE stands for the role prefix of the test. */
export interface FixtureScript {
  readonly name: string;
  readonly sql: string;
}

/** What stands before any script: older tables, roles and rows, as a production database has them. */
export const OLDER = `
create schema base;
create role ROLEolder_reader;
create role ROLEolder_group;
create table base.accounts (id bigint not null, name text default 'x', "Odd ""Name" text, parent bigint);
insert into base.accounts select i, 'n' || i from generate_series(1, 5) as i;
create table base.loose (a int, b int);
create table base.parted (id int not null, at date not null) partition by range (at);
create table base.heir (a int, b int);
create type base.mood as enum ('good', 'bad');
create domain base.positive as int;
create sequence base.numbers;
create function base.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger accounts_touch before update on base.accounts for each row execute function base.touch();
create policy accounts_all on base.accounts using (true);
create rule accounts_rule as on delete to base.accounts do also select 1;
create function base.noop(a int, b text) returns int language sql as 'select 1';
create view base.names as select name from base.accounts;
create publication ROLEolder_pub for table base.heir;
`;

/** A department schema as the packs make it. */
const SCHEMA: FixtureScript = {
  name: '0001_create_schema',
  sql: `
create role ROLEowner nologin;
create role ROLEreader nologin in role ROLEolder_group;
create role "ROLEOdd ""Role" login;
comment on role ROLEreader is 'reads';
grant ROLEowner to ROLEolder_reader;
grant ROLEolder_group to ROLEolder_reader with admin option;
alter role ROLEreader set statement_timeout = '5s';
create schema hr authorization ROLEowner;
comment on schema hr is 'department';
revoke all on schema hr from public;
grant usage on schema hr to ROLEreader, ROLEolder_reader;
alter default privileges for role ROLEowner revoke execute on functions from public;
alter default privileges for role ROLEowner revoke all on types from public;
alter default privileges for role ROLEowner in schema hr grant select on tables to ROLEreader;
alter default privileges grant usage on sequences to ROLEolder_reader;
create extension pg_trgm with schema hr;
create type hr.status as enum ('open', 'closed');
alter type hr.status add value 'late';
create domain hr.email as text constraint email_form check (value like '%@%');
create type hr.pair as (x int, y text);
alter type hr.pair add attribute z date;
create type hr.span as range (subtype = int);
create collation hr.plain from "C";
create sequence hr.tickets owned by none;`,
};

const TABLES: FixtureScript = {
  name: '0002_create_tables',
  sql: `
create table hr.departments (
  id bigint generated always as identity primary key, code text not null unique, title text default 'é💥', parent_id bigint
);
create table hr.staff (
  id bigserial primary key, department_id bigint, email hr.email, status hr.status default 'open', mood base.mood,
  account_id bigint, pay numeric(12, 2) check (pay >= 0), at date not null default current_date
);
create index on hr.staff (department_id);
create index staff_email_idx on hr.staff using gin ((email::text) hr.gin_trgm_ops);
alter table hr.departments add constraint departments_head_fkey foreign key (parent_id) references hr.staff (id);
alter table hr.staff add foreign key (department_id) references hr.departments (id);
alter table hr.staff alter column pay type numeric(14, 4), alter column account_id set default 7;
alter table hr.staff set (fillfactor = 70);
insert into hr.departments (code) values ('a'), ('b');
update hr.departments set title = 'changed';
create function hr.next_number(a int default 1, out b int, variadic c text[] default '{}') language sql as 'select 1';
alter table hr.departments alter column title set default hr.next_number()::text;
create function hr.current_tenant() returns text language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp as $$ begin return current_setting('app.tenant', true); end $$;
revoke all on function hr.current_tenant() from public;
alter function hr.current_tenant() owner to ROLEowner;
create policy departments_read on hr.departments for select to ROLEreader using (code = (select hr.current_tenant()));
alter table hr.departments enable row level security, force row level security;
create function hr.touch() returns trigger language plpgsql as $$ begin new.title := 'x'; return new; end $$;
create trigger departments_touch before update on hr.departments for each row execute function hr.touch();
comment on trigger departments_touch on hr.departments is 'touch';
comment on column hr.staff.email is 'mail';
comment on constraint departments_head_fkey on hr.departments is 'head';
create procedure hr.run(in a int, inout b text) language plpgsql as $$ begin b := 'x'; end $$;
create aggregate hr.total (int) (sfunc = int4pl, stype = int);
create view hr.open_staff with (security_invoker = true) as select * from hr.staff where status = 'open';
create materialized view hr.counts as select count(*) as n from hr.staff;
create unique index counts_n_idx on hr.counts (n);
create statistics hr.staff_stats on department_id, account_id from hr.staff;
create rule staff_log as on delete to hr.staff do also select 1;
create cast (hr.pair as text) with inout;
create table hr.copy_of_staff as select * from hr.staff;
create role ROLElate;
grant select (id, email), update (email) on hr.staff to ROLElate with grant option;
grant execute on procedure hr.run(int, text) to ROLElate;
create policy staff_late on hr.staff to ROLElate using (true);
create sequence hr.copies;
alter sequence hr.copies owned by hr.copy_of_staff.id;
alter table hr.copy_of_staff owner to ROLElate;`,
};

const OLDER_CHANGED: FixtureScript = {
  name: '0003_alter_older',
  sql: `
alter table base.accounts add column mail hr.email, add column kind text not null default 'k',
  add constraint accounts_kind_check check (kind <> '') not valid, enable row level security, force row level security;
alter table base.accounts validate constraint accounts_kind_check;
alter table base.accounts alter column mail set default 'a@b', alter column mail type text;
update base.accounts set mail = 'x@y' || id, kind = 'z';
alter table base.accounts alter column mail set not null;
alter table base.accounts alter column id add generated always as identity;
alter table base.accounts add constraint accounts_pkey primary key (kind, mail);
alter table base.accounts add constraint accounts_staff_fkey foreign key (parent) references hr.staff (id);
alter table base.accounts rename column name to "Full ""Name";
alter table base.accounts rename to clients;
alter table base.clients rename constraint accounts_pkey to clients_pkey;
create index clients_mail_idx on base.clients (mail) where mail is not null;
comment on index base.clients_mail_idx is 'by mail';
create policy clients_all on base.clients using (true) with check (false);
comment on policy clients_all on base.clients is 'all';
create trigger clients_touch before update on base.clients for each row execute function hr.touch();
comment on table base.clients is 'clients';
comment on column base.clients.parent is 'parent';
comment on function base.noop(int, text) is 'noop';
comment on type base.mood is 'mood';
comment on domain base.positive is 'positive';
grant select, insert (id, kind) on base.clients to ROLEreader;
grant select on base.loose to ROLEolder_reader, "ROLEOdd ""Role" with grant option;
grant usage on schema base to ROLEreader;
grant execute on function base.noop(integer, text) to ROLEreader;
grant usage, select on sequence base.numbers to ROLEreader;
grant usage on type base.mood to ROLEreader;
grant usage on language sql to ROLEreader;
grant create on schema public to ROLEreader;
alter table base.heir inherit base.loose;
alter table base.heir no inherit base.loose;
alter table base.loose set unlogged;
alter table base.loose alter column a set not null, alter column b set not null;
alter table base.loose add constraint loose_pkey primary key (a, b);
alter type base.mood rename value 'bad' to 'it''s bad';
alter type base.mood rename to temper;
alter domain base.positive add constraint positive_check check (value > 0);
alter domain base.positive rename constraint positive_check to positive_is;
alter function base.noop(int, text) rename to nothing;
alter function base.nothing(int, text) set schema hr2;
alter table base.heir set schema hr2;
alter sequence base.numbers rename to counters;
alter view base.names rename to all_names;
alter trigger accounts_touch on base.clients rename to clients_touched;
alter policy accounts_all on base.clients rename to clients_every;
alter rule accounts_rule on base.clients rename to clients_rule;
alter schema hr2 rename to hr3;
alter role ROLEolder_reader rename to ROLErenamed_reader;
create table base.parted_2026 partition of base.parted for values from ('2026-01-01') to ('2027-01-01');
create table base.parted_2027 (like base.parted including all);
alter table base.parted attach partition base.parted_2027 for values from ('2027-01-01') to ('2028-01-01');
create rule loose_rule as on delete to base.loose do instead nothing;
create statistics base.loose_stats on a, b from base.loose;
create publication ROLEpub for table base.clients;
alter publication ROLEolder_pub add table hr.staff, base.clients;
create function base.on_ddl() returns event_trigger language plpgsql as $$ begin null; end $$;
create event trigger ROLEddl on ddl_command_end execute function base.on_ddl();
create foreign data wrapper ROLEfdw;
create server ROLEserver foreign data wrapper ROLEfdw;
create user mapping for public server ROLEserver;
create foreign table base.far (a int) server ROLEserver;
lock table base.clients in access exclusive mode;
set local lock_timeout = '1s';
select set_config('app.tenant', 'a', true);
refresh materialized view hr.counts;`,
};

/** A second schema that older objects may move into. */
const SECOND: FixtureScript = { name: '0002_create_second', sql: 'create schema hr2;' };

const UNQUALIFIED: FixtureScript = {
  name: '0004_search_path',
  sql: `
set local search_path = hr, pg_catalog;
create table notes (id int primary key, body text);
create index notes_body_idx on notes (body);
create function note() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger notes_note before insert on notes for each row execute function note();
create table scratch (a int);
alter table staff add column note_id int constraint staff_note_fkey references notes;`,
};

/** In the order in which they are applied. */
export const SCRIPTS: readonly FixtureScript[] = [SCHEMA, SECOND, TABLES, OLDER_CHANGED, UNQUALIFIED];

/** What can be undone because the schema itself goes: all of it as one script. */
export const TOGETHER: FixtureScript = {
  name: '0001_all_at_once',
  sql: `${SCHEMA.sql}${TABLES.sql}
grant all on all tables in schema hr to ROLElate;
revoke execute on all functions in schema hr from public;
grant usage on sequence hr.staff_id_seq to ROLElate;
comment on index hr.staff_pkey is 'key';
alter index hr.staff_pkey set (fillfactor = 80);
alter role ROLEreader nologin;
delete from hr.departments;
truncate hr.copy_of_staff;`,
};
