-- fixture: lending

-- reference-insert-granted: breaks isolation
grant insert on lending.genres to lending_tenant;

-- reference-update-column-granted: breaks isolation
grant update (code) on lending.genres to lending_tenant;

-- reference-delete-granted: breaks isolation
grant delete on lending.genres to lending_tenant;

-- reference-policy-opened: breaks isolation
alter policy reference_write on lending.genres using (true) with check (true);

-- reference-floor-dropped: breaks isolation
drop policy reference_floor_insert on lending.genres;

-- reference-floor-opened: breaks isolation
alter policy reference_floor_update on lending.genres using (true) with check (true);

-- reference-read-opened: breaks isolation
alter policy reference_select on lending.genres using (true);

-- reference-write-policy: breaks isolation
create policy helpful on lending.genres for insert with check (true);

-- reference-row-security-off: breaks isolation
alter table lending.genres disable row level security;

-- reference-not-forced: breaks isolation
alter table lending.genres no force row level security;

-- reference-revoked: breaks completeness
revoke select on lending.genres from lending_tenant;

-- mixed-select-of-null: breaks isolation
alter policy tenant_select on lending.notices using (library_id is null or library_id is not null);

-- mixed-writes-common-rows: breaks isolation
alter policy tenant_floor_insert on lending.notices with check (library_id is null or library_id = (select federation.current_tenant('lending'))::uuid);

-- mixed-updates-common-rows: breaks isolation
alter policy tenant_update on lending.notices using (library_id = (select federation.current_tenant('lending'))::uuid or library_id is null);

-- mixed-floor-dropped: breaks isolation
drop policy tenant_floor_delete on lending.notices;

-- mixed-key-plain: breaks isolation
-- given: alter table lending.notices drop constraint notices_pkey
alter table lending.notices alter column tenant_key drop expression;

-- mixed-key-without-tenant: breaks isolation
-- given: alter table lending.notices drop constraint notices_pkey
alter table lending.notices add constraint notices_pkey primary key (id);

-- mixed-key-constant: breaks isolation, since 17
alter table lending.notices alter column tenant_key set expression as ('');

-- clear-trigger-dropped: breaks completeness
drop trigger "0_clear_books_sequel_of" on lending.books;

-- clear-trigger-other-arguments: breaks completeness
create or replace trigger "0_clear_books_sequel_of" after delete on lending.books for each row execute function federation.clear_reference('lending', 'loans', 'library_id', 'book_id', 'id');

-- sequel-of-anybody: breaks isolation
-- given: alter table lending.books drop constraint books_sequel_fkey; alter table lending.books add unique (id)
alter table lending.books add constraint books_sequel_fkey foreign key (sequel_of) references lending.books (id);

-- second-schema-granted: breaks isolation
grant usage on schema lending_log to public;

-- second-schema-revoked: breaks completeness
revoke usage on schema lending_log from lending_tenant;

-- evidence-changed: breaks completeness
grant update on lending_log.visits to lending_tenant;

-- evidence-moved: breaks both
alter table lending_log.visits set schema lending;

-- evidence-trigger-off: breaks completeness
alter table lending_log.visits disable trigger visits_append_only;

-- function-definer: breaks isolation
alter function lending_log.visit_count() security definer;

-- function-postgres: breaks isolation
alter function lending_log.visit_count() owner to postgres;

-- default-privilege: breaks isolation
alter default privileges for role federation_owner in schema lending_log grant select on tables to lending_tenant;

-- genre-added: harmless
insert into lending.genres (code) values ('poetry');

-- notice-added: harmless
insert into lending.notices (body) values ('closed on monday');

-- reindex: harmless
reindex table lending.notices;

-- comment: harmless
comment on schema lending_log is 'who came in';
