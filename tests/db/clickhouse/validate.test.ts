import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addTenant,
  apply,
  listTenants,
  removeTenant,
  resumeTenant,
  rollback,
  showTenant,
  suspendTenant,
  validate,
  type Settings,
  type ValidationReport,
} from '../../../src/index.js';
import { Secret } from '../../../src/config/secret.js';
import { requireClickHouse } from '../../../src/config/settings.js';
import { formatHtml } from '../../../src/report/validation/html.js';
import { formatSarif } from '../../../src/report/validation/sarif.js';
import { formatValidation } from '../../../src/report/validation/text.js';
import {
  ask,
  clickHouseSettings,
  startClickHouse,
  systemTables,
  type Asking,
  type TestClickHouse,
} from '../../support/clickhouse.js';

const ALPHA = 'aaaaaaaa-0000-4000-8000-000000000001';
const BETA = 'bbbbbbbb-0000-4000-8000-000000000002';
const ROLE = 'bi_analytics_aaaaaaaa_0000_4000_8000_000000000001_role';
const OTHER_USER = 'bi_analytics_bbbbbbbb_0000_4000_8000_000000000002_user';
const plain = (text: string): string => text;
const PAINT = { red: plain, green: plain, yellow: plain, cyan: plain, bold: plain, dim: plain };

let server: TestClickHouse;
let admin: Asking;
let settings: Settings;

beforeAll(async () => {
  server = await startClickHouse();
  admin = ask(server);
  settings = clickHouseSettings(server);
  await apply({ settings });
  await addTenant({ settings, tenantId: ALPHA, name: 'Alpha' });
  await addTenant({ settings, tenantId: BETA, name: 'Beta' });
  const rows = [ALPHA, ALPHA, BETA].map((tenant) => `(generateUUIDv4(), '${tenant}', now())`);
  await admin.run(
    `insert into bi_analytics.dashboard_events (event_id, tenant_id, timestamp) values ${rows.join(', ')}`,
  );
});
afterAll(async () => {
  await admin.client.close();
  await server.stop();
});

const isRefused = (work: Promise<unknown>, code: string): Promise<void> =>
  expect(work).rejects.toMatchObject({ code });

const found = ({ targets }: ValidationReport): { code: string; message: string; isolation: boolean }[] =>
  targets.flatMap(({ checks }) =>
    checks.flatMap(({ code, findings }) =>
      findings.map(({ message, isolation }) => ({ code, message, isolation })),
    ),
  );

describe('an installation as it was applied', () => {
  it('passes, and is left as it was', async () => {
    const before = await systemTables(admin);
    const report = await validate({ settings });
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({
      passed: true,
      isolationBroken: false,
      product: expect.stringMatching(/^ClickHouse/) as string,
    });
    const [target] = report.targets;
    expect(target?.checks.map(({ code }) => code)).toHaveLength(10);
    expect(target?.matrix).toContainEqual({
      actor: ROLE,
      victim: 'another tenant',
      relation: 'dashboard_events',
      operation: 'select',
      outcome: 'refused',
      expected: 'refused',
      attempts: 1,
    });
    expect(await systemTables(admin)).toEqual(before);
    expect(await admin.rows('select toUInt32(count()) from bi_analytics.dashboard_events')).toEqual([[3]]);
  });

  it('is reported in every form', async () => {
    const report = await validate({ settings, only: ['contract', 'catalogue', 'drift'] });
    const text = formatValidation(report, { verbose: true, paint: PAINT });
    expect(text).toContain('ClickHouse 2');
    expect(text).toContain('All 7 checks passed');
    expect(formatSarif(report)).toContain('fedgen/validate');
    expect(formatHtml(report, { template: '{{ server }}', style: '', script: '' })).toBeDefined();
  });
});

/** What breaks, which check finds it, what it says, and how it is mended: by the finding's own remedy where none is given. */
const BROKEN: readonly (readonly [
  what: string,
  breakIt: string,
  code: string,
  message: string,
  mend: string,
])[] = [
  [
    'a column',
    'alter table bi_analytics.query_metrics drop column rows_returned',
    'engine_drift',
    'column bi_analytics.query_metrics.rows_returned is missing',
    '',
  ],
  [
    'a type',
    'alter table bi_analytics.query_metrics modify column rows_returned UInt32',
    'engine_drift',
    'type of column',
    '',
  ],
  [
    'a foreign column',
    'alter table bi_analytics.user_activity add column planted UInt8',
    'engine_drift',
    'nobody rendered column',
    'alter table bi_analytics.user_activity drop column planted',
  ],
  [
    'a foreign table',
    'create table bi_analytics.copy (a UInt8) engine = MergeTree order by a',
    'engine_drift',
    'nobody rendered table',
    'drop table bi_analytics.copy',
  ],
  ['the TTL', 'alter table bi_analytics.user_activity remove ttl', 'engine_retention', 'it has no TTL', ''],
  [
    'another TTL',
    'alter table bi_analytics.user_activity modify ttl date + toIntervalDay(5000)',
    'engine_drift',
    'TTL of table',
    '',
  ],
  [
    'the floor',
    'drop row policy fedgen_floor on bi_analytics.query_metrics',
    'engine_row_policies',
    'row policy fedgen_floor is missing',
    '',
  ],
  [
    'a policy of a tenant',
    `drop row policy ${ROLE} on bi_analytics.dashboard_events`,
    'engine_row_policies',
    `row policy ${ROLE} is missing`,
    '',
  ],
  [
    'a filter',
    `create row policy or replace ${ROLE} on bi_analytics.dashboard_events using 1 to ${ROLE}`,
    'engine_foreign_read',
    'rows of others',
    '',
  ],
  [
    'a planted policy',
    'create row policy planted on bi_analytics.dashboard_events using 1 to all',
    'engine_row_policies',
    'nobody rendered row policy planted',
    '',
  ],
  [
    'a grant too many',
    'grant insert on bi_analytics.dashboard_events to bi_analytics_tenant',
    'engine_grants',
    'nobody rendered the grant of INSERT on dashboard_events',
    'revoke insert on bi_analytics.dashboard_events from bi_analytics_tenant',
  ],
  [
    'a grant less',
    'revoke select on bi_analytics.user_activity from bi_analytics_tenant',
    'engine_grants',
    'SELECT on user_activity to bi_analytics_tenant is not granted',
    '',
  ],
  [
    'a tenant that holds the role of administrators',
    `grant bi_analytics_admin to ${OTHER_USER}`,
    'engine_roles',
    `${OTHER_USER} holds the role bi_analytics_admin`,
    '',
  ],
  [
    'a tenant that holds the role of another',
    `grant ${ROLE} to ${OTHER_USER}`,
    'engine_roles',
    `${OTHER_USER} holds the role ${ROLE}`,
    '',
  ],
  [
    'a tenant that reads the registry',
    `grant select on federation.tenants to ${ROLE}`,
    'engine_grants',
    'nobody rendered the grant of SELECT on federation.tenants',
    '',
  ],
  ['a quota', `drop quota ${ROLE}`, 'engine_roles', `quota ${ROLE} to ${ROLE} is missing`, ''],
];

describe('what was changed by hand', () => {
  it.each(BROKEN)('%s is found, and mended', async (_what, breakIt, code, message, mend) => {
    await admin.run(breakIt);
    // The layers that attack take longest, and are asked where they are meant.
    const only = code.startsWith('engine_foreign') ? undefined : ['contract', 'catalogue', 'drift'];
    const options = { settings, ...(only && { only }) };
    const report = await validate(options);
    expect(report.passed).toBe(code === 'engine_drift' && message.startsWith('nobody'));
    const [finding] = report.targets.flatMap(({ checks }) =>
      checks.filter((check) => check.code === code).flatMap(({ findings }) => findings),
    );
    expect(finding?.message).toContain(message);
    const remedies = report.targets.flatMap(({ checks }) =>
      checks.flatMap(({ findings }) => findings.map(({ remedy }) => remedy)),
    );
    const sql =
      mend === ''
        ? remedies.filter((remedy) => /^(?:alter|create|grant|revoke|drop) /i.test(remedy))
        : [mend];
    expect(sql).not.toEqual([]);
    await admin.run(...new Set(sql));
    expect(found(await validate(options))).toEqual([]);
  });

  it('keeps its hands off the month of planted rows when somebody has rows there', async () => {
    await admin.run(
      `insert into bi_analytics.user_activity (activity_id, tenant_id, session_id, timestamp) values (generateUUIDv4(), '${ALPHA}', 's', '2106-01-20 00:00:00')`,
    );
    const report = await validate({ settings, only: ['probe'] });
    expect(found(report)[0]?.message).toContain('has rows of 210601');
    expect(await admin.rows('select toUInt32(count()) from bi_analytics.user_activity')).toEqual([[1]]);
    await admin.run('truncate table bi_analytics.user_activity');
  });

  it('is looked at by two validations at once, one after the other', async () => {
    const reports = await Promise.all([validate({ settings }), validate({ settings })]);
    expect(reports.flatMap(found)).toEqual([]);
  });

  it('breaks isolation where rows show', async () => {
    await admin.run('drop row policy fedgen_floor on bi_analytics.query_metrics');
    await admin.run(`drop row policy ${ROLE} on bi_analytics.query_metrics`);
    const report = await validate({ settings, only: ['engine_row_policies'] });
    expect(report.isolationBroken).toBe(true);
    for (const { findings } of report.targets.flatMap(({ checks }) => checks))
      await admin.run(...findings.map(({ remedy }) => remedy));
  });
});

describe('tenants', () => {
  it('are told with their rows', async () => {
    expect(await listTenants({ settings })).toMatchObject([
      { tenantId: ALPHA, name: 'Alpha', status: 'active', role: ROLE, login: true, sessions: 0 },
      { tenantId: BETA, name: 'Beta' },
    ]);
    const { rows } = await showTenant({ settings, tenantId: ALPHA });
    expect(rows).toContainEqual({ object: 'bi_analytics.dashboard_events', rows: 2, isMore: false });
    expect(await addTenant({ settings, tenantId: ALPHA, name: 'Alpha' })).toMatchObject({ added: false });
    await isRefused(addTenant({ settings, tenantId: 'alpha', name: 'Alpha' }), 'E_NAME_INVALID');
  });

  it('are shut out and let in again', async () => {
    const suspended = await suspendTenant({ settings, tenantId: BETA });
    expect(suspended).toMatchObject({ changed: true, tenant: { status: 'suspended', login: false } });
    const resumed = await resumeTenant({ settings, tenantId: BETA });
    expect(resumed).toMatchObject({ changed: true, tenant: { status: 'active', login: true } });
  });

  it('keep the pack from going, and go with their rows only when told to', async () => {
    await isRefused(rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true }), 'E_USAGE');
    await isRefused(rollback({ settings, goal: { kind: 'steps', steps: 1 } }), 'E_USAGE');
    await admin.run(
      `create user other_admin identified with plaintext_password by 'pw'`,
      'grant all on *.* to other_admin',
    );
    const other = {
      ...settings,
      clickhouse: { ...requireClickHouse(settings), user: 'other_admin', password: new Secret('pw') },
    };
    await isRefused(removeTenant({ settings: other, tenantId: ALPHA }), 'E_PRIVILEGE');
    await admin.run('revoke all on *.* from other_admin');
    await isRefused(removeTenant({ settings: other, tenantId: ALPHA }), 'E_PRIVILEGE');
    await admin.run('drop user other_admin');
    const refused = removeTenant({ settings, tenantId: ALPHA });
    await expect(refused).rejects.toMatchObject({
      code: 'E_DATA_LOSS',
      details: { losses: [{ object: 'bi_analytics.dashboard_events', rows: 2 }] },
    });
    expect(await removeTenant({ settings, tenantId: ALPHA, dryRun: true })).toMatchObject({ removed: false });
    const gone = await removeTenant({ settings, tenantId: ALPHA, allowDataLoss: true });
    expect(gone).toMatchObject({ removed: true, losses: [{ rows: 2 }] });
    expect(await admin.rows('select toString(tenant_id) from bi_analytics.dashboard_events')).toEqual([
      [BETA],
    ]);
    expect((await systemTables(admin)).filter((fact) => fact.includes(ROLE))).toEqual([]);
    expect(await removeTenant({ settings, tenantId: ALPHA, allowDataLoss: true })).toMatchObject({
      removed: false,
    });
    expect(found(await validate({ settings }))).toEqual([]);
  });
});
