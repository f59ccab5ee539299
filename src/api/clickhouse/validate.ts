import { readRows, type EngineRow } from '../../clickhouse/ledger.js';
import { withClickHouse, type ClickHouseSession } from '../../clickhouse/session.js';
import { readEngineTenants, type EngineTenant } from '../../clickhouse/tenants.js';
import {
  elsewhereFaults,
  expectedRules,
  grantFaults,
  policyFaults,
  readElsewhere,
  readRules,
  roleFaults,
} from '../../clickhouse/validate/access.js';
import { ENGINE_CHECKS, listEngineChecks } from '../../clickhouse/validate/checks.js';
import { compareWithScratch, scratchName } from '../../clickhouse/validate/drift.js';
import { probe } from '../../clickhouse/validate/probe.js';
import { readTables, retentionFaults, tableFaults } from '../../clickhouse/validate/tables.js';
import { requireClickHouse } from '../../config/settings.js';
import { Secret } from '../../config/secret.js';
import { ident } from '../../render/filters.js';
import { judge, type ValidationReport } from '../../validate/judge.js';
import type { CheckResult, Evidence, Finding, MatrixCell } from '../../validate/model.js';
import { assertKnownWaivers, selectChecks } from '../selection.js';
import { listChecks } from '../survey.js';
import type { ValidateOptions } from '../validate.js';
import {
  notInstalled,
  prepareEngineTarget,
  versionNumber,
  withEngine,
  withTargetLock,
  type EngineTarget,
} from './target.js';
import { guardedTables, tenantSql } from './tenants.js';

/**
 * Proves that a pack in ClickHouse is complete, unchanged and isolated: its contract, its access rules, a comparison with
 * tables that its scripts make in a scratch database, and attempts as each tenant.
 * @throws FedgenError E_USAGE, E_CONFIG_INVALID, E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE.
 */
export async function validateClickHouse(options: ValidateOptions): Promise<ValidationReport> {
  const target = await prepareEngineTarget(options);
  const { settings } = target.prepared;
  const checks = listEngineChecks();
  const known = [...checks, ...(await listChecks())];
  assertKnownWaivers(
    settings.validate.waivers,
    known.map(({ code }) => code),
  );
  const selected = selectChecks(checks, options);
  const evidence = await withEngine(target, 'validating', (session) => look(session, target, selected));
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  return judge(evidence, { ...settings.validate, failOn: options.failOn ?? settings.validate.failOn }, today);
}

async function look(
  session: ClickHouseSession,
  target: EngineTarget,
  selected: ReadonlySet<string>,
): Promise<Evidence> {
  const started = performance.now();
  const { plan } = target;
  const rows = await readRows(session, plan.target.id);
  if (rows.every(({ phase }) => phase === 'rolled_back')) throw notInstalled(session, target);
  const tenants = await readEngineTenants(session, plan.pack.family);
  const subject: Subject = { session, target, rows, tenants, isWanted: (code) => selected.has(code) };
  const stored = await checkTables(subject);
  const access = await checkAccess(subject);
  const drift = subject.isWanted('engine_drift') ? [await checkDrift(subject)] : [];
  // Two validations at once would see, and clear away, what the other has planted.
  const probed = await withTargetLock(session, target, () => checkByProbes(subject));
  const checks = [...stored, ...access, ...drift, ...probed.checks];
  return {
    server: session.where,
    serverVersion: versionNumber(session.version),
    product: `ClickHouse ${session.version}`,
    validator: { role: session.user, superuser: false },
    checks: [],
    targets: [
      {
        target: plan.target.id,
        name: plan.target.name,
        pack: plan.pack.name,
        schemas: plan.target.schemas,
        roles: tenants.map(({ role }) => role),
        checks: checks.filter(({ code }) => selected.has(code)),
        matrix: probed.matrix,
        unchanged: false,
        durationMs: performance.now() - started,
      },
    ],
    identity: [
      {
        pack: plan.pack.name,
        mode: 'role',
        stops: ['a query without a condition on the tenant', 'hostile SQL of a user of one tenant'],
        doesNotStop: [
          'a stolen password of a tenant, or of the platform',
          'a writer that names the wrong tenant',
        ],
      },
    ],
    residualRisks: RESIDUAL_RISKS,
  };
}

/** What ClickHouse shows to every user of a table whatever a pack does. */
const RESIDUAL_RISKS: readonly string[] = [
  'sizes: system.parts and system.tables tell how many rows and bytes the tables have, of all tenants together',
  'system tables: a server without select_from_system_db_requires_grant shows queries of others in system.query_log',
  'remote reads: on a cluster without a <secret> shards do not learn who asks, and show nothing to tenants',
  'load: what one tenant reads and computes slows others down, within its quota and profile',
];

interface Subject {
  readonly session: ClickHouseSession;
  readonly target: EngineTarget;
  readonly rows: readonly EngineRow[];
  readonly tenants: readonly EngineTenant[];
  readonly isWanted: (code: string) => boolean;
}

const result = (code: string, summary: string, findings: readonly Finding[]): CheckResult => {
  const { layer, title } = ENGINE_CHECKS[code] ?? { layer: 'contract', title: code };
  return { code, layer, title, summary, findings, evidence: [] };
};

/** The tables that hold rows: on a cluster the local ones. */
const storedTables = ({ plan, cluster }: EngineTarget): string[] =>
  plan.pack.tables.map(({ name }) => (cluster === '' ? name : `${name}_local`));

const standing = ({ target, rows }: Subject): EngineTarget['scripts'] =>
  target.scripts.filter(({ source }) =>
    rows.some((row) => row.script === source.name && row.phase === 'applied'),
  );

async function checkTables(subject: Subject): Promise<CheckResult[]> {
  const { session, target } = subject;
  const { plan } = target;
  const database = plan.target.schema;
  const facts = new Map((await readTables(session, database)).map((table) => [table.name, table]));
  const stored = storedTables(target);
  const subjects = plan.pack.tables.map((contract, index) => ({
    contract,
    stored: stored[index] ?? contract.name,
    database,
    tenantColumn: plan.pack.tenantColumn.name,
  }));
  const count = `${subjects.length} tables`;
  const absent = target.scripts.filter((script) => !standing(subject).includes(script));
  const pending = absent.map(({ source }): Finding => ({
    object: source.name,
    severity: 'error',
    isolation: false,
    message: `script ${source.name} was not brought to its end`,
    remedy: `fedgen apply --pack ${plan.pack.name}`,
  }));
  return [
    result(
      'engine_tables',
      count,
      subjects.flatMap((each) => tableFaults(each, facts.get(each.stored))),
    ),
    result(
      'engine_retention',
      count,
      subjects.flatMap((each) => retentionFaults(each, facts.get(each.stored))),
    ),
    result('engine_scripts', `${target.scripts.length} scripts`, [...pending, ...brokenOff(subject)]),
  ];
}

/** Tenants whose adding or removal did not come to its end. */
const brokenOff = ({ target, tenants }: Subject): Finding[] =>
  tenants
    .filter(({ status }) => status === 'adding' || status === 'removing')
    .map(({ id, status }): Finding => ({
      object: `tenant ${id}`,
      severity: 'error',
      isolation: false,
      message: `${status} it was not brought to its end`,
      remedy: `fedgen tenant ${status === 'adding' ? 'add' : 'remove'} --pack ${target.plan.pack.name} --tenant-id ${id}, again`,
    }));

async function checkAccess(subject: Subject): Promise<CheckResult[]> {
  const { session, target, tenants } = subject;
  const database = target.plan.target.schema;
  const statements = [
    ...standing(subject).flatMap(({ up }) => up.statements),
    ...tenants
      .filter(({ status }) => status === 'active' || status === 'suspended')
      .flatMap((tenant) => tenantSql(target, 'add', tenant).statements),
  ];
  const expected = await expectedRules(
    session,
    statements.map(({ text }) => text),
  );
  const roles = expected.entities.flatMap((entity) => (entity.startsWith('role ') ? [entity.slice(5)] : []));
  const found = await readRules(session, database, roles);
  const trusted = [session.user, ...target.prepared.settings.validate.trustedRoles];
  return [
    result(
      'engine_row_policies',
      `${found.policies.length} policies`,
      policyFaults(expected, found, database),
    ),
    result('engine_grants', `${found.grants.length} grants`, [
      ...grantFaults(expected, found, { database, trusted }),
      ...elsewhereFaults(await readElsewhere(session, database, principalsOf(tenants))),
    ]),
    result(
      'engine_roles',
      `${tenants.length} tenants`,
      roleFaults(expected, found, {
        tenantRoles: tenants.map(({ role }) => role),
        principals: principalsOf(tenants),
      }),
    ),
  ];
}

/** The roles and users that are tenants'. */
const principalsOf = (tenants: readonly EngineTenant[]): string[] =>
  tenants.flatMap(({ role, login }) => [role, login]);

/** The plan of the same pack in a database of another name. */
async function checkDrift(subject: Subject): Promise<CheckResult> {
  const { session, target } = subject;
  const { plan, renderer, cluster } = target;
  const name = scratchName();
  const names = new Set(
    standing(subject)
      .filter(({ source }) => source.directives.section === 'schema')
      .map(({ source }) => source.name),
  );
  const scratchPlan = { ...plan, target: { ...plan.target, schema: name, schemas: [name] } };
  const scripts = renderer
    .render(scratchPlan)
    .filter(({ source }) => names.has(source.name))
    .map(({ up }) => up);
  const scratch = { name, onCluster: onCluster(cluster), scripts };
  const { findings, compared } = await compareWithScratch(session, scratch, plan.target.schema);
  return result('engine_drift', `${compared} objects compared`, findings);
}

const onCluster = (cluster: string): string => (cluster === '' ? '' : ` on cluster ${ident(cluster)}`);

const PROBES = ['engine_positive_controls', 'engine_foreign_read', 'engine_foreign_write'];

async function checkByProbes({
  session,
  target,
  tenants,
  isWanted,
}: Subject): Promise<{ checks: CheckResult[]; matrix: readonly MatrixCell[] }> {
  if (!PROBES.some(isWanted)) return { checks: [], matrix: [] };
  const { plan, cluster, prepared } = target;
  const { settings, signal } = prepared;
  const active = tenants.filter(({ status }) => status === 'active');
  const found = await probe({
    session,
    database: plan.target.schema,
    onCluster: onCluster(cluster),
    tables: plan.pack.tables.map(({ name }) => name),
    stored: storedTables(target),
    tenantColumn: plan.pack.tenantColumn.name,
    tenants: active,
    letIn: (tenant) => tenantSql(target, 'add', tenant).statements.map(({ text }) => text),
    shutOut: (tenant) => tenantSql(target, 'remove', tenant).statements.map(({ text }) => text),
    as: (user, password, use) => {
      const server = { ...requireClickHouse(settings), user, password: new Secret(password) };
      const { connectTimeoutMs, statementTimeoutMs } = settings;
      return withClickHouse({ server, connectTimeoutMs, statementTimeoutMs, signal }, 'probing', use);
    },
  });
  const tables = guardedTables(plan.pack.tables, '').length;
  const summary = `${active.length + 1} tenants, ${tables} tables`;
  return {
    checks: [
      result('engine_positive_controls', summary, found.positive),
      result('engine_foreign_read', summary, found.read),
      result('engine_foreign_write', summary, found.write),
    ],
    matrix: found.matrix,
  };
}
