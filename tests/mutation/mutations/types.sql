-- fixture: clinic

-- composite-attribute-added: breaks completeness
alter type north_tenant.postal_address add attribute country char(2);

-- composite-attribute-dropped: breaks completeness
alter type north_tenant.postal_address drop attribute postcode;

-- composite-attribute-type: breaks completeness
-- given: alter table north_tenant.patients drop column home
alter type north_tenant.postal_address alter attribute street type varchar(10);

-- domain-not-null-dropped: breaks completeness
alter domain north_tenant.licence_number drop not null;

-- domain-check-replaced: breaks completeness
-- given: alter domain north_tenant.phone_number drop constraint phone_number_form
alter domain north_tenant.phone_number add constraint phone_number_form check (value <> '');

-- domain-replaced-by-base: breaks completeness
alter table north_tenant.practitioners alter column licence type text;

-- enum-order: breaks completeness
alter type north_tenant.appointment_state add value 'moved' before 'seen';

-- exclusion-practitioner-dropped: breaks completeness
alter table north_tenant.appointments drop constraint appointments_practitioner_free;

-- exclusion-weakened: breaks completeness
alter table north_tenant.appointments drop constraint appointments_practitioner_free, add constraint appointments_practitioner_free exclude using gist (int8range(practitioner_id, practitioner_id, '[]') with &&, during with &&) where (state = 'seen');

-- exclusion-other-operator: breaks completeness
alter table north_tenant.appointments drop constraint appointments_practitioner_free, add constraint appointments_practitioner_free exclude using gist (int8range(practitioner_id, practitioner_id, '[]') with &&, during with -|-) where (state <> 'cancelled');

-- exclusion-not-deferrable: breaks completeness
alter table north_tenant.appointments drop constraint appointments_room_free, add constraint appointments_room_free exclude using gist (int4range(ascii(room_code), ascii(room_code), '[]') with &&, during with &&) where (state = 'seen');

-- identity-increment: breaks completeness
alter table north_tenant.appointments alter column id set increment by 1;

-- identity-always: breaks completeness
alter table north_tenant.appointments alter column id set generated always;

-- supervisor-immediate: breaks completeness
alter table north_tenant.practitioners alter constraint practitioners_supervisor_fkey not deferrable;

-- supervisor-cascade: breaks completeness
alter table north_tenant.practitioners drop constraint practitioners_supervisor_fkey, add constraint practitioners_supervisor_fkey foreign key (department, supervisor_id) references north_tenant.practitioners (department, id) on delete cascade deferrable initially deferred;

-- array-check-dropped: breaks completeness
alter table north_tenant.practitioners drop constraint practitioners_languages;

-- range-check-dropped: breaks completeness
alter table north_tenant.appointments drop constraint appointments_during;

-- json-check-dropped: breaks completeness
alter table north_tenant.patients drop constraint patients_insurance;

-- expression-index-dropped: breaks completeness
drop index north_tenant.patients_name_idx;

-- expression-index-other: breaks completeness
-- given: drop index north_tenant.patients_name_idx
create index patients_name_idx on north_tenant.patients (department, upper(family_name), born);

-- touch-dropped: breaks completeness
drop trigger practitioners_touch on north_tenant.practitioners;

-- log-mutable: breaks completeness
alter table north_tenant.access_log disable trigger access_log_append_only;

-- log-deletable: breaks completeness
grant delete on north_tenant.access_log to north_role;

-- natural-key-narrowed: breaks completeness
alter table north_tenant.rooms alter column capacity type smallint;

-- type-usage-revoked: breaks completeness
revoke usage on type north_tenant.appointment_state from north_role;

-- type-usage-public: breaks isolation
grant usage on type north_tenant.licence_number to public;

-- minutes-not-pinned: breaks completeness
alter function north_tenant.minutes_of(tstzrange) reset search_path;

-- bit-default: breaks completeness
alter table north_tenant.prescriptions alter column repeats set default b'1111111';

-- column-compression: harmless
alter table north_tenant.appointments alter column note set compression pglz;

-- type-comment: harmless
comment on type north_tenant.appointment_state is 'what became of it';

-- domain-constraint-renamed: harmless
alter domain north_tenant.phone_number rename constraint phone_number_form to phone_form;

-- exclusion-renamed: harmless
alter table north_tenant.appointments rename constraint appointments_room_free to rooms_are_free;

-- rows: harmless
insert into north_tenant.rooms (code, storey) values ('A101', 1), ('A102', 1);
