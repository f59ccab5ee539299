import { randomBytes } from 'node:crypto';
import { sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import type { IdentityMode } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import type { CheckResult, MatrixCell } from '../validate/model.js';
import { LOCK_TIMEOUT_MS } from '../validate/lock-timeout.js';
import type { Arena } from '../validate/probes/arena.js';
import { PROBE_TITLES } from '../validate/probes/attempt.js';
import { probeCallers } from '../validate/probes/callers.js';
import { departmentArena } from '../validate/probes/department.js';
import { probeTarget } from '../validate/probes/probe-target.js';
import { createScratch, type Scratch } from '../validate/scratch.js';
import { sharedArena } from './arenas.js';

/** What is attacked, and as whom. */
export interface ProbeSubject {
  readonly plan: TargetPlan;
  /** A target of the same pack that is made for the attacks where targets have schemas of their own. */
  readonly scratch: Scratch;
  readonly mode: IdentityMode;
  readonly isWanted: (code: string) => boolean;
}

/** What the attacks on one target found. */
export interface Probed {
  readonly checks: readonly CheckResult[];
  readonly matrix: readonly MatrixCell[];
  /** Roles that were taken on. */
  readonly roles: readonly string[];
}

/**
 * Attacks one target in a transaction that is rolled back, whatever happens.
 * @throws FedgenError E_INTERRUPTED, and server errors other than those that stop a probe.
 */
export async function probe(session: Session, subject: ProbeSubject): Promise<Probed> {
  const { client } = session;
  await client.query(`begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local jit = off`);
  try {
    if (subject.plan.pack.tenancy === 'single')
      return { ...(await probeCallers(session, subject.plan)), matrix: [] };
    const arena = await setUp(session, subject);
    const { checks, matrix } = await probeTarget(arena);
    return {
      checks: checks.filter(({ code }) => subject.isWanted(code)),
      matrix,
      roles: [arena.attacker.role, arena.victim.role],
    };
  } catch (cause) {
    if (session.signal?.aborted || !STOPPED.has(sqlState(cause) ?? '')) throw cause;
    return { checks: [notProbed(subject.plan, cause)], matrix: [], roles: [] };
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

async function setUp(session: Session, { plan, scratch, mode }: ProbeSubject): Promise<Arena> {
  const token = `fg${randomBytes(6).toString('hex')}`;
  if (plan.target.kind === 'shared') return sharedArena({ session, plan, mode, token });
  await createScratch(session, scratch);
  return departmentArena({ session, plan, scratch: scratch.plan, token });
}

/** Time-outs, missing rights, and a scratch target that cannot be made: what they stopped was not proved. */
const STOPPED: ReadonlySet<string> = new Set(['57014', '55P03', '42501', '42710', '42P06', '3F000']);

const notProbed = (plan: TargetPlan, cause: unknown): CheckResult => ({
  code: 'unprobed_tables',
  layer: 'probe',
  title: PROBE_TITLES.unprobed_tables,
  summary: 'not probed to the end',
  findings: [
    {
      object: plan.target.schema,
      severity: 'error',
      isolation: true,
      message: `could not be probed: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy:
        'Validate as a role that may apply this target; where a lock or a time-out is named, look for who holds it.',
    },
  ],
  evidence: [],
});
