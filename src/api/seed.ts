import { scriptError } from '../apply/script-error.js';
import { actAsOwner, actForTenant, inTransaction, insertTenant, type NewTenant } from '../apply/tenants.js';
import type { Session } from '../db/session.js';
import type { Pack, SeedTenant } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import { parseTenantId } from '../plan/tenant.js';
import { createRenderer, type RenderedSql } from '../render/render.js';
import { quoteIdentifier } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';
import { withDatabase, withLock } from './run.js';
import {
  findTenant,
  newTenant,
  packOf,
  prepareTenant,
  requireInstalled,
  type TenantsOptions,
} from './tenant-target.js';

/** What became of one tenant of the seed. */
export interface SeededTenant {
  readonly tenantId: string;
  readonly name: string;
  /** False when the tenant was registered already. */
  readonly added: boolean;
  /** Rows that it has now, in the tables that the seed fills. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What {@link seed} did. */
export interface SeedResult {
  readonly pack: string;
  readonly tenants: readonly SeededTenant[];
}

/**
 * Brings the tenants that a shared pack has to begin with, and their rows: all in one transaction, or nothing. Rows that
 * stand stay as they are, so that it may be done again. Afterwards it counts what stands.
 * @throws FedgenError E_USAGE for a pack without a seed; E_TARGET_UNKNOWN, E_NAME_INVALID, E_APPLY_FAILED, E_DB_*.
 */
export async function seed(options: TenantsOptions = {}): Promise<SeedResult> {
  const pack = await packOf(options);
  const [first] = pack.seed;
  if (!first) throw noSeed(pack);
  const base = await prepareTenant({ ...options, tenantId: first.id });
  const { prepared, plan } = base;
  const renderer = await createRenderer(pack);
  const wanted = pack.seed.map((tenant) => ({
    ...tenant,
    target: { ...base, tenantId: parseTenantId(pack, tenant.id) },
    rendered: renderer.renderSeed(tenant.script, plan),
  }));
  return withDatabase(prepared, `seeding pack ${pack.name}`, (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const { identityMode } = await requireInstalled(session, base);
      const steps: Step[] = [];
      for (const { target, ...tenant } of wanted) {
        const known = await findTenant(session, target);
        const added = known
          ? undefined
          : await newTenant(session, target, { identityMode, name: tenant.name });
        steps.push({ ...tenant, id: target.tenantId, added });
      }
      return inTransaction(session, async () => {
        const tenants: SeededTenant[] = [];
        for (const step of steps) tenants.push(await seedTenant(session, plan, step));
        return { pack: pack.family, tenants };
      });
    }),
  );
}

/** One tenant of the seed, with the registration that it still lacks. */
interface Step extends SeedTenant {
  readonly rendered: RenderedSql;
  readonly added: NewTenant | undefined;
}

async function seedTenant(session: Session, plan: TargetPlan, step: Step): Promise<SeededTenant> {
  const { id, name, rendered, added } = step;
  const { client } = session;
  if (added) await insertTenant(session, plan, added);
  await actAsOwner(session, plan);
  await actForTenant(session, id);
  const path = `set local search_path = ${quoteIdentifier(plan.target.schema)};\n`;
  await client.query(path + rendered.sql).catch((cause: unknown) => {
    throw scriptError('E_APPLY_FAILED', cause, step.script.name, rendered, path.length);
  });
  const counts = await countRows(session, plan, step);
  await client.query('set local role none');
  return { tenantId: id, name, added: added !== undefined, counts };
}

/** @throws FedgenError E_APPLY_FAILED when less stands than the seed promises. */
async function countRows(
  { client }: Session,
  plan: TargetPlan,
  { id, counts, script }: Step,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const missing: string[] = [];
  for (const [table, expected] of Object.entries(counts)) {
    const name = `${quoteIdentifier(plan.target.schema)}.${quoteIdentifier(table)}`;
    const { rows } = await client.query<{ count: string }>(`select count(*) as count from ${name}`);
    const count = Number(rows[0]?.count ?? 0);
    found[table] = count;
    if (count < expected) missing.push(`${table}: ${count} of ${expected} rows`);
  }
  if (missing.length === 0) return found;
  throw new FedgenError(
    'E_APPLY_FAILED',
    `${script.file}: tenant "${id}" lacks rows\n  ${missing.join('\n  ')}`,
    {
      hint: 'Nothing was kept. Mend the script of the seed, or the counts in pack.yaml.',
      details: { tenantId: id, missing },
    },
  );
}

const noSeed = (pack: Pack): FedgenError =>
  new FedgenError('E_USAGE', `pack ${pack.name} brings no seed`, {
    hint: 'A shared pack lists its first tenants under "seed" in its pack.yaml.',
  });
