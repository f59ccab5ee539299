-- fixture: bookkeeping

-- invoker-off: breaks isolation, since 15
alter view north_tenant.trial_balance set (security_invoker = false);

-- invoker-reset: breaks isolation, since 15
alter view north_tenant.trial_balance reset (security_invoker);

-- view-dropped: breaks completeness, since 15
drop view north_tenant.trial_balance;

-- view-replaced: breaks isolation, since 15
create or replace view north_tenant.trial_balance with (security_invoker = true) as select a.department, a.code::text::north_tenant.account_code as code, a.title, 0::numeric as debit, 0::numeric as credit from north_tenant.accounts a;

-- view-without-option-replaced: breaks isolation, since 15
create or replace view north_tenant.trial_balance as select a.department, a.code, a.title, 0::numeric as debit, 0::numeric as credit from north_tenant.accounts a;

-- view-over-neighbour: breaks isolation, since 15, for north south
-- given: grant usage on schema south_tenant to north_role; grant select on south_tenant.accounts to north_role
create or replace view north_tenant.trial_balance with (security_invoker = true) as select a.department, a.code::text::north_tenant.account_code as code, a.title, 0::numeric as debit, 0::numeric as credit from south_tenant.accounts a;

-- view-granted-to-neighbour: breaks isolation, since 15, for north south
grant select on north_tenant.trial_balance to south_role;

-- view-granted-to-public: breaks isolation, since 15
grant select on north_tenant.trial_balance to public;

-- view-revoked: breaks completeness, since 15
revoke select on north_tenant.trial_balance from north_role;

-- view-owner: breaks isolation, since 15
alter view north_tenant.trial_balance owner to postgres;

-- view-column-default: breaks completeness, since 15
alter view north_tenant.trial_balance alter column debit set default 1;

-- view-trigger: breaks isolation, since 15
-- given: create function north_tenant.spy() returns trigger language plpgsql as $fn$ begin return new; end $fn$
create trigger spy instead of insert on north_tenant.trial_balance for each row execute function north_tenant.spy();

-- view-rule: breaks isolation, since 15
create rule swallow as on insert to north_tenant.trial_balance do instead nothing;

-- new-owner-view-on-granted: breaks isolation
-- given: create view north_tenant.debtors as select * from north_tenant.partners; alter view north_tenant.debtors owner to federation_owner
grant select on north_tenant.debtors to north_role;

-- constraint-trigger-dropped: breaks completeness
drop trigger entries_balance on north_tenant.entries;

-- constraint-trigger-disabled: breaks completeness
alter table north_tenant.entries disable trigger entries_balance;

-- constraint-trigger-immediate: breaks completeness
-- given: drop trigger entries_balance on north_tenant.entries
create constraint trigger entries_balance after insert or update on north_tenant.entries not deferrable for each row execute function north_tenant.check_balance();

-- constraint-trigger-for-insert-only: breaks completeness
-- given: drop trigger entries_balance on north_tenant.entries
create constraint trigger entries_balance after insert on north_tenant.entries deferrable initially deferred for each row execute function north_tenant.check_balance();

-- trigger-columns: breaks completeness
-- given: drop trigger journals_open on north_tenant.journals
create trigger journals_open before insert on north_tenant.journals for each row execute function north_tenant.refuse_closed();

-- trigger-function-empty: breaks completeness
create or replace function north_tenant.check_balance() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $fn$ begin return null; end $fn$;

-- closings-mutable: breaks completeness
drop trigger closings_append_only on north_tenant.closings;

-- closings-updated: breaks completeness
grant update on north_tenant.closings to north_role;

-- self-key-dropped: breaks completeness
alter table north_tenant.accounts drop constraint accounts_parent_fkey;

-- regular-expression-weakened: breaks completeness
alter table north_tenant.partners drop constraint partners_iban_form, add constraint partners_iban_form check (iban ~ '.');

-- either-or-dropped: breaks completeness
alter table north_tenant.entries drop constraint entries_one_side;

-- unique-not-deferrable: breaks completeness
alter table north_tenant.journals drop constraint journals_number_key, add constraint journals_number_key unique (department, number);

-- key-set-null: breaks completeness
alter table north_tenant.entries drop constraint entries_partner_fkey, add constraint entries_partner_fkey foreign key (department, partner_id) references north_tenant.partners (department, id) on delete set null;

-- key-match-full: breaks completeness
alter table north_tenant.entries drop constraint entries_account_fkey, add constraint entries_account_fkey foreign key (department, account) references north_tenant.accounts (department, code) match full on update cascade;

-- partial-index-whole: breaks completeness
-- given: drop index north_tenant.journals_period_idx
create index journals_period_idx on north_tenant.journals (department, period);

-- included-column: breaks completeness
alter table north_tenant.partners drop constraint partners_iban_key, add constraint partners_iban_key unique (department) include (iban);

-- generated-changed: breaks completeness
alter table north_tenant.journals drop column period, add column period integer not null default 0;

-- function-not-immutable: breaks completeness
alter function north_tenant.round_half_even(numeric) volatile;

-- function-parallel: breaks completeness
alter function north_tenant.round_half_even(numeric) parallel unsafe;

-- orphan-self-reference: breaks completeness
-- given: set session_replication_role = replica
insert into north_tenant.accounts (code, kind, title, parent_code) values ('7777', 'asset', 'lost', '9999');

-- view-comment: harmless, since 15
comment on view north_tenant.trial_balance is 'debit and credit by account';

-- view-barrier: harmless, since 15
alter view north_tenant.trial_balance set (security_barrier = true);

-- view-replaced-by-itself: harmless, since 15
-- given: set role federation_owner
create or replace view north_tenant.trial_balance with (security_invoker = true) as select a.department, a.code, a.title, coalesce(sum(e.debit), 0) as debit, coalesce(sum(e.credit), 0) as credit from north_tenant.accounts a left join north_tenant.entries e on e.department = a.department and e.account = a.code group by a.department, a.code, a.title;

-- deferred-booking: harmless
with j as (insert into north_tenant.journals (number, booked_on, text) values ('B-2026/1', '2026-02-03', 'opening') returning id) select count(*) from j;

-- longer-title: harmless
alter table north_tenant.partners alter column display_name type varchar(240);
