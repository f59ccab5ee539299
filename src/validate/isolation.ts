import { sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import type { RenderedScript } from '../render/render.js';
import { checkResult, type CheckResult } from './checks.js';
import { departmentArena } from './probes/department.js';
import { probeTarget } from './probes/probe-target.js';

/** How long the probes may wait: a validation must never hold up the application. */
export const PROBE_LOCK_TIMEOUT_MS = 2_000;

/** What the isolation check works with. */
export interface IsolationInput {
  readonly session: Session;
  readonly plan: TargetPlan;
  /** A department made up for this run: rendered like any other, created and dropped in one transaction. */
  readonly scratch: { readonly plan: TargetPlan; readonly scripts: readonly RenderedScript[] };
  /** Text that no row has yet. */
  readonly token: string;
}

/**
 * Becomes the department's role and attacks: a scratch department with rows in every table, and real neighbours.
 * Everything happens in one transaction that is rolled back.
 */
export async function checkIsolation(input: IsolationInput): Promise<CheckResult> {
  const { session, plan, scratch, token } = input;
  await session.client.query(`begin; set local lock_timeout = ${PROBE_LOCK_TIMEOUT_MS}`);
  try {
    await createScratch(session, scratch);
    const { checks } = await probeTarget(
      await departmentArena({ session, plan, scratch: scratch.plan, token }),
    );
    return checkResult(
      'cross_tenant_isolation',
      checks.map(({ title, summary }) => `${title}: ${summary}`).join('; '),
      checks.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error')),
      checks.flatMap(({ title, evidence }) => evidence.map((text) => `${title}: ${text}`)),
    );
  } catch (error) {
    if (session.signal?.aborted || !UNPROBED.has(sqlState(error) ?? '')) throw error;
    return unprobed(plan.target.schema, error);
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

/** Time-outs of the probes' own limits: what they stopped was not probed, and that is a finding. */
const UNPROBED: ReadonlySet<string> = new Set(['57014', '55P03']);

const unprobed = (object: string, cause: unknown): CheckResult =>
  checkResult(
    'cross_tenant_isolation',
    'not probed to the end',
    [
      {
        object,
        message: `could not be probed: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy:
          'Something holds locks on these tables or makes writing to them slow: look for it, and validate again.',
      },
    ],
    [],
  );

async function createScratch(session: Session, { plan, scripts }: IsolationInput['scratch']): Promise<void> {
  for (const script of scripts) {
    const role = script.source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
    await session.client.query(
      `set local client_min_messages = warning; set local search_path = ${quoteIdentifier(plan.target.schema)}; set local role ${role}`,
    );
    if (script.up.statements.length > 0) await session.client.query(script.up.sql);
  }
  await session.client.query(
    'set local role none; set local search_path to default; set local client_min_messages to default',
  );
}
