-- fixture: federation

-- triggers-hidden: breaks completeness
update pg_class set relhastriggers = false where oid = 'hr_tenant.email_logs'::regclass;

-- append-only-hidden: breaks completeness
update pg_class set relhastriggers = false where oid = 'hr_tenant.audit_trail'::regclass;

-- checks-hidden: breaks completeness
update pg_class set relchecks = 0 where oid = 'hr_tenant.email_logs'::regclass;

-- indexes-hidden: breaks completeness
update pg_class set relhasindex = false where oid = 'hr_tenant.contacts'::regclass;

-- row-security-hidden: breaks isolation
update pg_class set relrowsecurity = false where oid = 'hr_tenant.contacts'::regclass;

-- policy-turned-permissive: breaks isolation
update pg_policy set polpermissive = true where polname = 'floor' and polrelid = 'hr_tenant.api_keys'::regclass;

-- policy-expression-removed: breaks isolation
update pg_policy set polqual = null where polname = 'floor' and polrelid = 'hr_tenant.api_keys'::regclass;

-- policies-removed: breaks isolation
delete from pg_policy where polrelid = 'hr_tenant.contacts'::regclass;

-- privileges-rewritten: breaks isolation
update pg_class set relacl = relacl || '{sales_role=r/federation_owner}'::aclitem[] where oid = 'hr_tenant.contacts'::regclass;

-- not-null-removed: breaks completeness
update pg_attribute set attnotnull = false where attrelid = 'hr_tenant.contacts'::regclass and attname = 'contact_id';

-- unique-removed: breaks completeness
update pg_index set indisunique = false where indexrelid = 'hr_tenant.contacts_contact_id_key'::regclass;

-- foreign-key-triggers-off: breaks completeness
update pg_trigger set tgenabled = 'D' where tgrelid = 'hr_tenant.email_logs'::regclass;

-- foreign-key-triggers-removed: breaks completeness
delete from pg_trigger where tgrelid = 'hr_tenant.email_logs'::regclass and tgisinternal;

-- identity-source-rewritten: breaks isolation, for hr sales
update pg_proc set prosrc = 'begin return ''hr''; end' where oid = 'federation.current_tenant()'::regprocedure;

-- identity-made-invoker: breaks both, for hr sales
update pg_proc set prosecdef = false where oid = 'federation.current_tenant()'::regprocedure;

-- owner-rewritten: breaks isolation
update pg_class set relowner = 'hr_role'::regrole where oid = 'hr_tenant.contacts'::regclass;

-- membership-inserted: breaks isolation, for hr sales, until 15
insert into pg_auth_members (roleid, member, grantor, admin_option) values ('sales_role'::regrole, 'hr_role'::regrole, 10, false);

-- orphan-behind-a-valid-key: breaks completeness
-- given: alter table hr_tenant.email_logs drop constraint email_logs_tool_call_fkey; update hr_tenant.email_logs set tool_call_id = 'gone'; alter table hr_tenant.email_logs add constraint email_logs_tool_call_fkey foreign key (department, tool_call_id) references hr_tenant.tool_calls (department, tool_call_id) not valid
update pg_constraint set convalidated = true where conname = 'email_logs_tool_call_fkey' and conrelid = 'hr_tenant.email_logs'::regclass;

-- statistics-rewritten: harmless
update pg_class set reltuples = 1000 where oid = 'hr_tenant.contacts'::regclass;
