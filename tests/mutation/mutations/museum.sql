-- fixture: museum

-- range-constructor-granted-on: breaks isolation
grant execute on function north_tenant.span(double precision, double precision) to south_role with grant option;

-- cast-of-enum: breaks isolation
-- given: create function public.lie(north_tenant.material) returns boolean language sql immutable as 'select true'
create cast (north_tenant.material as boolean) with function public.lie(north_tenant.material) as implicit;

-- cast-of-domain-by-text: breaks completeness
create cast (north_tenant.material as text) with inout as implicit;

-- attribute-added: breaks completeness
alter type north_tenant.dims add attribute d numeric;

-- attribute-retyped: breaks completeness
-- given: alter table north_tenant.objets drop column "Größe (cm)"
alter type north_tenant.dims alter attribute w type text;

-- attribute-renamed: breaks completeness
alter type north_tenant.dims rename attribute w to width;

-- enum-order: breaks completeness
update pg_enum set enumsortorder = 9 where enumlabel = 'oil' and enumtypid = 'north_tenant.material'::regtype;

-- domain-check-not-enforced: breaks completeness
alter domain north_tenant.tags drop constraint tags_check;

-- function-default: breaks completeness
create or replace function north_tenant.worth(a numeric, b numeric default 3, variadic more numeric[] default '{}') returns numeric language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $fn$ select a * b + cardinality(more) $fn$;

-- function-strict: breaks completeness
alter function north_tenant.worth(numeric, numeric, numeric[]) strict;

-- sql-body-replaced: breaks completeness
create or replace function north_tenant.title_of(t text, out short text, out long text) returns record language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp begin atomic select left(t, 4), t; end;

-- sequence-no-cycle: breaks completeness
alter sequence north_tenant.loose_seq no cycle;

-- sequence-released: breaks completeness
alter sequence north_tenant.loose_seq owned by none;

-- identity-always: breaks completeness
alter table north_tenant."select" alter column id set generated always;

-- identity-dropped: breaks completeness
alter table north_tenant."select" alter column id drop identity;

-- identity-upwards: breaks completeness
alter table north_tenant."select" alter column id set increment by 1;

-- include-dropped: breaks completeness
alter table north_tenant.objets drop constraint "odd ""key""", add constraint "odd ""key""" unique (department, "order");

-- check-inherited: breaks completeness
alter table north_tenant.objets drop constraint not_empty, add constraint not_empty check ("order" <> '   ') no inherit;

-- partial-unique-dropped: breaks completeness
drop index north_tenant.only_one_bronze;

-- partial-unique-widened: breaks completeness
-- given: drop index north_tenant.only_one_bronze
create unique index only_one_bronze on north_tenant.objets (department) where kind = 'bronze' and "order" > 'y';

-- index-nulls-first: breaks completeness
-- given: drop index north_tenant.select_from_idx
create index select_from_idx on north_tenant."select" (department, "from" desc nulls first) with (fillfactor = 80);

-- deferred-made-immediate: breaks completeness
alter table north_tenant."select" alter constraint select_where_fkey deferrable initially immediate;

-- key-match-full: breaks completeness
alter table north_tenant."select" drop constraint select_from_fkey, add constraint select_from_fkey foreign key (department, "from") references north_tenant.objets (department, id) match full on update cascade on delete restrict deferrable;

-- key-enforcing-triggers-deleted: breaks completeness
delete from pg_trigger where tgisinternal and tgrelid = 'north_tenant."select"'::regclass;

-- key-enforcing-triggers-disabled: breaks completeness
update pg_trigger set tgenabled = 'D' where tgisinternal and tgrelid = 'north_tenant.objets'::regclass;

-- constraint-trigger-immediate: breaks completeness
update pg_trigger set tginitdeferred = false where tgname = 'later';

-- constraint-trigger-other-columns: breaks completeness
-- given: drop trigger later on north_tenant.movements
create constraint trigger later after insert or update on north_tenant.movements deferrable initially deferred for each row when (new.weight is not null) execute function north_tenant.check_later();

-- statement-trigger-without-rows: breaks completeness
-- given: drop trigger watch on north_tenant.movements
create trigger watch after insert on north_tenant.movements referencing new table as fresher for each statement execute function north_tenant.watch_movements();

-- deep-partition-detached: breaks completeness
alter table north_tenant.loans_fr detach partition north_tenant.loans_fr_26;

-- deep-partition-open: breaks isolation
alter table north_tenant.loans_fr_26 disable row level security;

-- deep-partition-not-forced: breaks isolation
alter table north_tenant.loans_fr no force row level security;

-- children-forgotten: breaks completeness
update pg_class set relhassubclass = false where oid = 'north_tenant.loans'::regclass;

-- view-check-option: breaks completeness, since 15
alter view north_tenant.cheap reset (check_option);

-- view-barrier-lost: breaks isolation, since 15
alter view north_tenant.cheaper reset (security_barrier);

-- view-rule: breaks isolation, since 15
create rule also as on insert to north_tenant.cheap do instead nothing;

-- view-trigger: breaks completeness, since 15
create trigger instead instead of insert on north_tenant.cheap for each row execute function north_tenant.check_later();

-- column-options-in-catalogue: breaks completeness
update pg_attribute set attnotnull = false where attrelid = 'north_tenant.loans'::regclass and attname = 'n';

-- generated-forgotten: breaks completeness
update pg_attribute set attgenerated = '' where attrelid = 'north_tenant.objets'::regclass and attname = 'words';

-- unique-forgotten: breaks completeness
update pg_index set indisunique = false where indexrelid = 'north_tenant.only_one_bronze'::regclass;

-- unique-later: breaks completeness
update pg_index set indimmediate = false where indexrelid = 'north_tenant."odd ""key"""'::regclass;

-- statistics-target: harmless
alter statistics north_tenant.kind_stats set statistics 500;

-- column-storage: harmless
alter table north_tenant.objets alter column "order" set storage main;

-- column-compression: harmless
alter table north_tenant.objets alter column "order" set compression pglz;

-- index-rebuilt: harmless
reindex index concurrently north_tenant.words_gin;

-- sequence-read: harmless
select nextval('north_tenant.loose_seq');

-- partition-comment: harmless
comment on table north_tenant.loans_fr_26 is 'this year';

-- cluster: harmless
cluster north_tenant.objets using "Objets_pk";

-- toast: harmless
alter table north_tenant.objets set (toast_tuple_target = 1000);

-- partial-index: harmless
create index extra on north_tenant.objets (department, price) where price is not null;

-- cast-to-enum: breaks isolation
-- given: create function public.lie(integer) returns north_tenant.material language sql immutable as 'select ''oil''::north_tenant.material'
create cast (integer as north_tenant.material) with function public.lie(integer) as implicit;

-- operator-on-enum: breaks isolation
-- given: create function public.same(north_tenant.material, north_tenant.material) returns boolean language sql immutable as 'select true'
create operator public.= (function = public.same, leftarg = north_tenant.material, rightarg = north_tenant.material);
