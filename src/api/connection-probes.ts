import { randomBytes } from 'node:crypto';
import type { DatabaseSettings } from '../config/database.js';
import { Secret } from '../config/secret.js';
import { withSession, type Session } from '../db/session.js';
import { departmentRole, sharedRoles } from '../plan/names.js';
import { EXIT, FedgenError } from '../shared/errors.js';
import type { CheckResult } from '../validate/model.js';
import type { Result } from '../validate/probes/attempt.js';
import { probeLogin, type LoginScene, type Owner } from '../validate/probes/logins.js';
import { probePools, type Borrower, type Pool } from '../validate/probes/pool.js';
import { readLandscape } from '../validate/probes/relations.js';
import { checkResult, type Remark } from '../validate/probes/verdict.js';
import type { RegisteredTarget, Registry } from '../validate/registry.js';
import type { Survey } from './survey-input.js';

/** Pools that are looked at, and neighbours of a login: more of a kind prove nothing more. */
const MOST = 20;

/** What the probes on connections of their own work with. */
export interface ConnectionProbes {
  readonly survey: Survey;
  readonly registry: Registry;
  readonly targets: readonly RegisteredTarget[];
  readonly connect: <T>(use: (session: Session) => Promise<T>) => Promise<T>;
}

/** What shows only when a transaction really ends, or somebody really logs in. */
export async function probeConnections(session: Session, probes: ConnectionProbes): Promise<CheckResult[]> {
  const { selected, settings } = probes.survey;
  const checks: CheckResult[] = [];
  if (selected.has('pooled_connections')) {
    const pools = poolsOf(probes);
    checks.push(await probes.connect((own) => probePools(own, pools)));
  }
  if (selected.has('real_logins')) {
    checks.push(await probeLogins(session, probes, settings.validate.logins));
  }
  return checks;
}

function poolsOf({ survey, registry, targets }: ConnectionProbes): Pool[] {
  const { pack, settings } = survey;
  const login = sharedRoles(settings.rolePrefix).gateway;
  const tenantColumn = pack.tenantColumn.name;
  const borrowers = tenantsOf({ survey, registry });
  const firsts =
    pack.tenancy === 'shared'
      ? borrowers.slice(0, 1)
      : borrowers.filter(({ id }) => targets.some((each) => each.id === id));
  return firsts.slice(0, MOST).map((first) => ({
    login,
    tenantColumn,
    first,
    second: borrowers.find(({ role }) => role !== first.role),
  }));
}

/** Tenants with roles of their own, and where their rows stand. */
function tenantsOf({ survey, registry }: Pick<ConnectionProbes, 'survey' | 'registry'>): Borrower[] {
  const { pack, settings } = survey;
  if (pack.tenancy === 'schema')
    return registry.departments
      .filter(({ status }) => status === 'ACTIVE')
      .map(({ id, schema }) => ({ id, role: departmentRole(id, settings.rolePrefix), schemas: [schema] }));
  const schemas = registry.packs.find(({ id }) => id === pack.family)?.schemas ?? [];
  return registry.tenants
    .filter((tenant) => tenant.pack === pack.family && tenant.status === 'active')
    .flatMap(({ id, role }) => (role === null ? [] : [{ id, role, schemas }]));
}

async function probeLogins(
  session: Session,
  probes: ConnectionProbes,
  logins: readonly DatabaseSettings[],
): Promise<CheckResult> {
  const results: Result[] = [];
  const findings: Remark[] = [];
  const evidence: string[] = [];
  for (const login of logins) {
    const found = await probeOne(session, probes, login);
    results.push(...found.results);
    findings.push(...found.findings);
    evidence.push(...found.evidence);
  }
  return checkResult('real_logins', results, {
    findings,
    evidence: evidence.map((text) => ({ check: 'real_logins', text })),
    idle: { real_logins: 'no credentials given: see validate.logins' },
  });
}

interface Found {
  readonly results: readonly Result[];
  readonly findings: readonly Remark[];
  readonly evidence: readonly string[];
}

async function probeOne(session: Session, probes: ConnectionProbes, login: DatabaseSettings): Promise<Found> {
  const { settings } = probes.survey;
  const options = { connectTimeoutMs: settings.connectTimeoutMs, signal: session.signal };
  const name = login.user ?? '';
  const finding = (message: string, remedy: string, isolation: boolean): Found => ({
    results: [],
    findings: [{ check: 'real_logins', object: name, severity: 'error', isolation, message, remedy }],
    evidence: [],
  });
  const scene = await sceneOf(session, probes, name);
  if (scene === undefined)
    return finding(
      'is the login of no tenant and of no pool, and was not probed',
      'Name logins of tenants of this pack, or of the pool that acts for them.',
      false,
    );
  try {
    const results = await withSession(login, options, (own) => probeLogin(own, scene));
    const anybody = await acceptsAnyPassword(login, options);
    const found = anybody
      ? finding(
          'logs in with any password: the server does not ask for it',
          'Let pg_hba.conf ask for a password (scram-sha-256) where this login comes from.',
          true,
        )
      : {
          findings: [],
          evidence: [
            login.password ? `${name}: a wrong password is refused` : `${name}: logs in without a password`,
          ],
        };
    return { ...found, results };
  } catch (cause) {
    if (!(cause instanceof FedgenError) || cause.exitCode !== EXIT.database) throw cause;
    return finding(
      `cannot log in, and was not probed: ${cause.message}`,
      'Check the URL and pg_hba.conf.',
      false,
    );
  }
}

/** A login whose password does not matter is everybody's. Without a password there is none to be wrong. */
async function acceptsAnyPassword(
  login: DatabaseSettings,
  options: Parameters<typeof withSession>[1],
): Promise<boolean> {
  if (login.password === undefined) return false;
  const wrong = { ...login, password: new Secret(randomBytes(12).toString('hex')) };
  try {
    await withSession(wrong, options, () => Promise.resolve());
    return true;
  } catch (cause) {
    if (cause instanceof FedgenError && cause.code === 'E_DB_AUTH') return false;
    throw cause;
  }
}

/** What stands around a login; undefined when it is nobody's. */
async function sceneOf(
  session: Session,
  { survey, registry }: ConnectionProbes,
  login: string,
): Promise<LoginScene | undefined> {
  const { pack, settings } = survey;
  const tenants = tenantsOf({ survey, registry });
  const tenant = tenants.find(({ role }) => role === login);
  const gateway = sharedRoles(settings.rolePrefix).gateway;
  if (tenant === undefined && !(await isMember(session, login, gateway))) return undefined;
  const neighbours = tenants.filter((each) => each !== tenant).slice(0, MOST);
  const others = neighbours.map(({ role }) => role);
  const tables = await tablesOf(
    session,
    [...(tenant ? [tenant] : []), ...neighbours],
    pack.tenantColumn.name,
  );
  const isShared = pack.tenancy === 'shared';
  const permitted = new Set(
    registry.permissions.filter(({ source }) => source === tenant?.id).map(({ target }) => target),
  );
  const ofOthers = neighbours.filter(({ id }) => !permitted.has(id)).flatMap(({ schemas }) => schemas);
  return {
    tenant,
    tenantColumn: pack.tenantColumn.name,
    own: tenant ? tables.filter(({ schema }) => tenant.schemas.includes(schema)) : [],
    foreign: isShared ? [] : tables.filter(({ schema }) => ofOthers.includes(schema)),
    shared: isShared ? tables.filter(({ hasTenant }) => hasTenant) : [],
    // A pool's login is a member of them all, and becomes them on purpose.
    others: tenant ? others : [],
  };
}

async function isMember({ client }: Session, login: string, group: string): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    `select exists (select from pg_catalog.pg_roles r where r.rolname = $1 and pg_has_role(r.oid, $2::name, 'member')) as is`,
    [login, group],
  );
  return rows[0]?.is ?? false;
}

async function tablesOf(
  session: Session,
  owners: readonly (Owner & { readonly schemas: readonly string[] })[],
  tenantColumn: string,
): Promise<{ readonly schema: string; readonly name: string; readonly hasTenant: boolean }[]> {
  const { relations } = await readLandscape(session, [...new Set(owners.flatMap(({ schemas }) => schemas))]);
  return relations
    .filter(({ kind, isChild }) => 'rp'.includes(kind) && !isChild)
    .map(({ schema, name, columns }) => ({
      schema,
      name,
      hasTenant: columns.some((column) => column.name === tenantColumn),
    }));
}
