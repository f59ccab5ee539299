import { randomBytes } from 'node:crypto';
import { hasLedger, readRows } from '../../clickhouse/ledger.js';
import { parseOnServer } from '../../clickhouse/run.js';
import type { ClickHouseSession } from '../../clickhouse/session.js';
import { noteTenant, readEngineTenants, type EngineTenant } from '../../clickhouse/tenants.js';
import { tenantRole } from '../../plan/names.js';
import { assertTenantName, parseTenantId } from '../../plan/tenant.js';
import type { SplitSql } from '../../render/clickhouse/scripts.js';
import { FedgenError } from '../../shared/errors.js';
import { targetOptions, type Tenant, type TenantOptions, type TenantsOptions } from '../tenant-target.js';
import type { AddTenantOptions, AddTenantResult, TenantDetails } from '../tenants.js';
import {
  notInstalled,
  prepareEngineTarget,
  withEngine,
  withTargetLock,
  type EngineTarget,
} from './target.js';

/** A tenant to work on. */
export interface EngineTenantTarget extends EngineTarget {
  readonly tenantId: string;
}

/** The templates below `tenant/` of a pack. */
type TenantVerb = 'add' | 'remove' | 'erase' | 'suspend' | 'resume';

/** Reads the pack and proves the id safe. @throws FedgenError E_NAME_INVALID, E_PACK_*. */
export async function prepareEngineTenant(options: TenantOptions): Promise<EngineTenantTarget> {
  const target = await prepareEngineTarget(targetOptions(options));
  return { ...target, tenantId: parseTenantId(target.plan.pack, options.tenantId) };
}

/**
 * Adds a tenant: its role with a row policy on each table, a quota, a settings profile, and a user, whose password nobody
 * knows until one is given to it. Again, it changes nothing; after a run that broke it goes on.
 */
export async function addToClickHouse(options: AddTenantOptions): Promise<AddTenantResult> {
  assertTenantName(options.name);
  const target = await prepareEngineTenant(options);
  const { plan, prepared, tenantId } = target;
  return withEngine(target, `adding tenant "${tenantId}"`, async (session) => {
    await requireInstalled(session, target);
    return withTargetLock(session, target, async () => {
      const tenants = await readEngineTenants(session, plan.pack.family);
      const known = tenants.find(({ id }) => id === tenantId);
      if (known?.status === 'removing') throw beingRemoved(target);
      if (known && known.status !== 'adding')
        return { tenant: await toTenant(session, target, known), added: false };
      const role = tenantRole(plan.pack.family, tenantId, prepared.settings.rolePrefix);
      const tenant = { id: tenantId, name: options.name, role, login: role.replace(/_role$/, '_user') };
      if (!known) await refuseTakenNames(session, tenant);
      await noteTenant(session, plan.pack.family, { ...tenant, status: 'adding' });
      await runTenantScript(session, target, 'add', tenant);
      if (options.login === false) await runTenantScript(session, target, 'suspend', tenant);
      await noteTenant(session, plan.pack.family, { ...tenant, status: 'active' });
      return { tenant: await toTenant(session, target, await requireTenant(session, target)), added: true };
    });
  });
}

/** What is left of a tenant whose removal broke off can only be removed. */
export const beingRemoved = ({ plan, tenantId }: EngineTenantTarget): FedgenError =>
  new FedgenError('E_USAGE', `the removal of tenant "${tenantId}" broke off`, {
    hint: `Bring it to its end: fedgen tenant remove --pack ${plan.pack.name} --tenant-id ${tenantId} --yes.`,
    details: { tenantId },
  });

/** A role or user that is there already might be held by somebody else, who would then see the rows of the tenant. */
async function refuseTakenNames(
  session: ClickHouseSession,
  { id, role, login }: Pick<EngineTenant, 'id' | 'role' | 'login'>,
): Promise<void> {
  const [taken] = await session.rows<{ name: string }>(
    `select name from system.roles where name = {role:String} union all select name from system.users where name = {login:String}`,
    { role, login },
  );
  if (!taken) return;
  throw new FedgenError(
    'E_NAME_INVALID',
    `tenant id ${JSON.stringify(id)} gives the name "${taken.name}", which is taken`,
    {
      hint: 'Another tenant or another pack of this server has it: choose another id, or another --role-prefix.',
      details: { tenantId: id, role: taken.name },
    },
  );
}

/** The tenants of a pack in ClickHouse, by id. */
export async function listInClickHouse(options: TenantsOptions): Promise<Tenant[]> {
  const target = await prepareEngineTarget(targetOptions(options));
  return withEngine(target, 'reading the registry', async (session) => {
    const tenants = await readEngineTenants(session, target.plan.pack.family);
    return Promise.all(tenants.map((tenant) => toTenant(session, target, tenant)));
  });
}

/** One tenant with its rows. */
export async function showInClickHouse(options: TenantOptions): Promise<TenantDetails> {
  const target = await prepareEngineTenant(options);
  return withEngine(target, 'reading the registry', async (session) => {
    const tenant = await requireTenant(session, target);
    const rows = await countTenantRows(session, target);
    return {
      tenant: await toTenant(session, target, tenant),
      rows: rows.map((each) => ({ ...each, isMore: false })),
    };
  });
}

/**
 * Rows of the tenant by table.
 * @throws FedgenError E_PRIVILEGE where a row policy hides rows from the asker, who then cannot know.
 */
export async function countTenantRows(
  session: ClickHouseSession,
  { plan, tenantId, cluster }: EngineTenantTarget,
): Promise<{ object: string; rows: number }[]> {
  const { name: column } = plan.pack.tenantColumn;
  const { schema } = plan.target;
  for (const name of guardedTables(plan.pack.tables, cluster)) await refuseHidden(session, schema, name);
  return Promise.all(
    plan.pack.tables.map(async ({ name }) => {
      const [row] = await session.rows<{ rows: number }>(
        `select toFloat64(count()) as rows from {schema:Identifier}.{name:Identifier} where {column:Identifier} = {tenantId:String}`,
        { schema, name, column, tenantId },
      );
      return { object: `${schema}.${name}`, rows: row?.rows ?? 0 };
    }),
  );
}

/** Merges may take copies of rows away between two looks: what is hidden is less than both of them. */
async function refuseHidden(session: ClickHouseSession, schema: string, name: string): Promise<void> {
  const total = async (): Promise<number> => {
    const [row] = await session.rows<{ rows: number }>(
      'select toFloat64(ifNull(total_rows, 0)) as rows from system.tables where database = {schema:String} and name = {name:String}',
      { schema, name },
    );
    return row?.rows ?? 0;
  };
  const before = await total();
  const [seen] = await session.rows<{ rows: number }>(
    'select toFloat64(count()) as rows from {schema:Identifier}.{name:Identifier}',
    { schema, name },
  );
  if ((seen?.rows ?? 0) >= Math.min(before, await total())) return;
  throw new FedgenError('E_PRIVILEGE', `rows of ${schema}.${name} are hidden from ${session.user}`, {
    hint: `Connect as the user that applied the pack, or let this one see them: grant the role …_admin of the pack to ${session.user}.`,
    details: { table: `${schema}.${name}` },
  });
}

/** Runs one of the pack's templates for a tenant. Its statements may be run twice, as those of scripts. */
export async function runTenantScript(
  session: ClickHouseSession,
  target: EngineTenantTarget,
  verb: TenantVerb,
  tenant: Pick<EngineTenant, 'id' | 'role' | 'login'>,
): Promise<void> {
  const sql = tenantSql(target, verb, tenant);
  await parseOnServer(session, [sql]);
  for (const { text } of sql.statements) {
    session.signal?.throwIfAborted();
    await session.run(text);
  }
}

/** The SQL of one of the pack's templates for a tenant. The hash is that of no password that anybody knows. */
export function tenantSql(
  { plan, renderer, cluster }: Pick<EngineTarget, 'plan' | 'renderer' | 'cluster'>,
  verb: TenantVerb,
  { id, role, login }: Pick<EngineTenant, 'id' | 'role' | 'login'>,
): SplitSql {
  const { pack } = plan;
  const file = (name: string): string => `${name}/tenant/${verb}.sql.njk`;
  const template = pack.templates.has(file(pack.name)) ? file(pack.name) : file(pack.family);
  return renderer.renderExtra(template, plan, {
    tenant: { id, role, user: login, hash: randomBytes(32).toString('hex') },
    stored: pack.tables.map(({ name }) => name),
    tables: guardedTables(pack.tables, cluster),
  });
}

/** Every table that a tenant could read, and so must have a policy on: on a cluster the local ones as well. */
export const guardedTables = (tables: readonly { readonly name: string }[], cluster: string): string[] =>
  tables.flatMap(({ name }) => (cluster === '' ? [name] : [name, `${name}_local`]));

/** @throws FedgenError E_TARGET_UNKNOWN unless all of the pack stands. */
export async function requireInstalled(session: ClickHouseSession, target: EngineTarget): Promise<void> {
  const rows = (await hasLedger(session)) ? await readRows(session, target.plan.target.id) : [];
  const standing = rows.filter(({ phase }) => phase === 'applied');
  if (standing.length < target.scripts.length) throw notInstalled(session, target);
}

/** The registered tenant; undefined when there is none of this id. */
export async function findTenant(
  session: ClickHouseSession,
  { plan, tenantId }: EngineTenantTarget,
): Promise<EngineTenant | undefined> {
  const tenants = await readEngineTenants(session, plan.pack.family);
  return tenants.find(({ id }) => id === tenantId);
}

/** @throws FedgenError E_TARGET_UNKNOWN */
export async function requireTenant(
  session: ClickHouseSession,
  target: EngineTenantTarget,
): Promise<EngineTenant> {
  const tenant = await findTenant(session, target);
  if (tenant) return tenant;
  const { name } = target.plan.pack;
  throw new FedgenError(
    'E_TARGET_UNKNOWN',
    `tenant "${target.tenantId}" of pack ${name} is not registered in ${session.where}`,
    {
      hint: `"fedgen tenant list --pack ${name}" lists what is there.`,
      details: { tenantId: target.tenantId },
    },
  );
}

/** A tenant as the verbs tell of it. */
export async function toTenant(
  session: ClickHouseSession,
  { plan }: EngineTarget,
  { id, name, role, login, status, since }: EngineTenant,
): Promise<Tenant> {
  const [facts] = await session.rows<{ open: number; running: number }>(
    `select toUInt32(count(notEmpty(host_ip) or null)) as open,
            (select toUInt32(count()) from system.processes where user = {login:String}) as running
       from system.users where name = {login:String}`,
    { login },
  );
  return {
    tenantId: id,
    name,
    pack: plan.pack.family,
    status: status === 'active' ? 'active' : 'suspended',
    role,
    login: (facts?.open ?? 0) > 0,
    sessions: facts?.running ?? 0,
    since,
  };
}
