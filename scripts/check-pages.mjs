// One page for each check of `fedgen validate`: what the check's own file says, with its example.
import { listChecks } from '../dist/api/survey.js';
import { listEngineChecks } from '../dist/clickhouse/validate/checks.js';
import { readSqlFiles } from '../dist/validate/sql-files.js';

const LAYERS = {
  contract:
    'what pack.yaml promises is compared with what stands; the rendered SQL is not asked, so that a fault of a template cannot prove itself right',
  catalogue: 'one query on the catalogue, in `templates/_checks/CODE.sql`; whatever is not declared is found',
  drift:
    'the scripts are run for a scratch target in a transaction that is rolled back, and its catalogue is compared with the one that stands',
  probe: 'attempts are carried out as the role itself, in a transaction that is rolled back',
};

/** The same for packs in ClickHouse. */
const ENGINE_LAYERS = {
  contract: LAYERS.contract,
  catalogue:
    'for packs in ClickHouse: what the scripts and the tenants’ templates say, in the form that the server gives it, is compared with system tables',
  drift:
    'for packs in ClickHouse: the scripts make their tables in a scratch database, which is compared with the one that stands, and dropped',
  probe:
    'for packs in ClickHouse: attempts are carried out by a user that holds the tenant’s role for the moment; rows are planted in a partition of their own, which is dropped',
};

const WHY = {
  engine_tables:
    'An engine that keeps copies doubles the rows of a batch that was sent again; an order that does not begin with the tenant reads the rows of all.',
  engine_retention: 'What should be deleted after a time stays for ever.',
  engine_scripts:
    'ClickHouse has no transactions for DDL: a script that broke has left half of what it makes.',
  engine_row_policies:
    'Without the floor a user without a policy of its own sees every row; a permissive policy too many opens a table, because they are joined by OR.',
  engine_grants:
    'Row policies hold back what is read, and nothing that is written: whoever may insert may write rows of any tenant.',
  engine_roles:
    'Without its quota and profile one tenant slows down all; whoever else holds its role reads its rows.',
  engine_drift:
    'Somebody changed by hand what scripts made, or CREATE … IF NOT EXISTS found something else under the same name.',
  engine_positive_controls: 'A refusal proves nothing where even the tenant’s own rows are refused.',
  engine_foreign_read: 'It is the leak itself.',
  engine_foreign_write: 'Who may change a table, a policy or a grant opens it.',
  schema_exists: 'Without its schema a department has nothing.',
  all_tables_present: 'A missing table breaks the application; one that no pack knows is guarded by nobody.',
  rls_enabled: 'Row security that is off, or that the owner passes, is no barrier.',
  indexes_created: 'Without its essential indexes every query of the tenant reads whole tables.',
  retention_policies: 'What should be deleted after a time stays for ever.',
  department_column: 'A row without a tenant belongs to nobody.',
  drift:
    'Somebody changed by hand what scripts made. Findings say what is missing, what nobody rendered, and what differs; harmless differences are notes.',
  control_plane_drift:
    'Every policy asks the control plane who is asking. A changed function there opens all tenants at once.',
  positive_controls: 'A refusal proves nothing where even the tenant’s own work is refused.',
  unprobed_tables: 'A table without a row was not attacked, and what was not attacked is not proved.',
  foreign_read: 'It is the leak itself: single columns, COPY, partitions and children included.',
  foreign_write:
    'Writes carry no WHERE and no RETURNING, because those would hide holes; the victim’s rows are compared from outside.',
  forged_context: 'A setting can be set by anybody: it must not be what tells tenants apart.',
  no_context: 'Policies that compare with an empty or missing setting often let everything through.',
  hand_over: 'A tenant that can write rows of another can frame it, or hide its own.',
  existence_oracle: 'A refused key tells that somebody else has it; ON CONFLICT reaches the row itself.',
  foreign_link: 'A foreign key without the tenant links to rows of others, and deletes with them.',
  becoming_others:
    'Who can SET ROLE to another tenant, or to the owner, needs no hole in a policy. DROP OWNED BY a group drops the policies written to it.',
  ddl_attempts: 'Who can change a table or its policies opens it.',
  create_anywhere:
    'Functions and tables planted in a schema of the search path run with the rights of who calls them.',
  server_reach: 'Files, settings, replication and large objects are outside of row security.',
  canary_sweep: 'Views, materialized views and forgotten copies show what the tables hide.',
  callable_functions: 'A SECURITY DEFINER function reads with the rights of its owner.',
  cached_plans: 'On unpatched servers a prepared statement keeps the access of before (CVE-2026-14666).',
  gateway_alone: 'The login of a pooled application must have no rights of its own.',
  callers_only:
    'The procedures of such a pack are its only guard: whatever can be reached past them is open.',
  pooled_connections:
    'A role, a setting, a plan or a cursor that outlives its transaction speaks for the wrong tenant in the next one.',
  real_logins:
    'Defaults of roles and databases, pg_hba.conf and passwords show only when somebody really logs in. Give it credentials with `--login-url-env`, or `validate.logins` in the configuration.',
  not_proven:
    'A role that is no superuser cannot imitate a login completely; what is left open is said here.',
};

/** Pages by file name. */
export async function checkPages() {
  const files = new Map((await readSqlFiles('_checks', 990_000)).map((file) => [file.name, file.head]));
  const pages = {};
  for (const { code, layer, title } of [...(await listChecks()), ...listEngineChecks()]) {
    const head = files.get(code);
    const why = head?.why ?? WHY[code];
    if (why === undefined) throw new Error(`no reason is given for check ${code}`);
    pages[`docs/checks/${code}.md`] = page({ code, layer, title, why, head });
  }
  return pages;
}

function page({ code, layer, title, why, head }) {
  const scope = {
    server: 'Looks at the whole database.',
    target: 'Looks at the schemas of one target.',
    rows: 'Looks at the rows of one target.',
  }[head?.scope];
  const parts = [
    `# ${code}`,
    `Layer: ${layer}: ${(code.startsWith('engine_') ? ENGINE_LAYERS : LAYERS)[layer].replace('CODE', code)}.`,
    `Passes when ${title}.`,
    `**Why it matters.** ${why}`,
    ...(scope === undefined ? [] : [scope]),
    ...(head?.since === undefined ? [] : [`There is nothing to check before PostgreSQL ${head.since}.`]),
    ...(head?.example === undefined
      ? []
      : [`For example this is found:\n\n${sql(head.example)}\n\nand this mends it:\n\n${sql(head.mended)}`]),
    'Every finding comes with its own remedy, and with its waiver key (`' + code + ':<object>`).',
  ];
  return `${parts.join('\n\n')}\n`;
}

const sql = (text) => `\`\`\`sql\n${text.split('; ').join(';\n').replaceAll('{database}', 'mydb')};\n\`\`\``;
