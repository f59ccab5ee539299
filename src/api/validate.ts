import { randomBytes } from 'node:crypto';
import { sqlState } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import type { Session } from '../db/session.js';
import { planDepartment } from '../plan/target.js';
import { createRenderer } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import { CHECK_TITLES, checkResult, type CheckName, type CheckResult } from '../validate/checks.js';
import { checkContract } from '../validate/contract.js';
import { readSchemaFacts, type SchemaFacts } from '../validate/facts.js';
import { checkIsolation, PROBE_LOCK_TIMEOUT_MS } from '../validate/isolation.js';
import { prepare, renderTarget, type TargetOptions } from './options.js';
import { requireRegistered, withDatabase } from './run.js';

/** Options of {@link validate}. */
export type ValidateOptions = TargetOptions;

/** What {@link validate} found. */
export interface ValidationReport {
  readonly departmentId: string;
  readonly schema: string;
  readonly role: string;
  readonly pack: string;
  readonly server: string;
  readonly serverVersion: number;
  readonly passed: boolean;
  /** The department can reach another one, or that could not be disproved. */
  readonly isolationBroken: boolean;
  readonly checks: readonly CheckResult[];
}

/**
 * Proves that a department is complete and isolated: its contract from pack.yaml, and attacks as its role in a
 * transaction that is rolled back. Findings are results, not errors.
 * @throws FedgenError E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE and what reading the pack throws.
 */
export async function validate(options: ValidateOptions): Promise<ValidationReport> {
  const prepared = await prepare(options);
  refuseShared(prepared);
  return withDatabase(prepared, `validating "${prepared.targetId}"`, async (session) => {
    const { plan } = await renderTarget(prepared, await requireRegistered(session, prepared));
    const facts = await readFacts(session, plan.target.schema);
    const contract = checkContract(prepared.pack, plan.target, facts, plan.roles.owner);
    const isolation = facts.exists
      ? await checkIsolation({
          session,
          plan,
          scratch: await renderScratch(prepared, plan.variables),
          token: `fedgen-${randomBytes(6).toString('hex')}`,
        })
      : cannotAttack(plan.target.schema);
    const checks = inOrder([...contract, isolation]);
    return {
      departmentId: plan.target.id,
      schema: plan.target.schema,
      role: plan.target.role ?? '',
      pack: prepared.pack.name,
      server: session.where,
      serverVersion: session.serverVersion,
      passed: checks.every((check) => check.passed),
      isolationBroken: !isolation.passed,
      checks,
    };
  });
}

function refuseShared({ pack }: Prepared): void {
  if (pack.tenancy === 'schema') return;
  throw new FedgenError('E_USAGE', `pack ${pack.name} is shared, and validate knows departments only`, {
    hint: 'Use a pack with tenancy: schema.',
  });
}

/** Deparsing constraints takes a lock on each table: beside a table that is locked by others it must not wait for ever. */
async function readFacts(session: Session, schema: string): Promise<SchemaFacts> {
  await session.client.query(`begin read only; set local lock_timeout = ${PROBE_LOCK_TIMEOUT_MS}`);
  try {
    const facts = await readSchemaFacts(session, schema);
    await session.client.query('commit');
    return facts;
  } catch (cause) {
    await session.client.query('rollback').catch(() => undefined);
    throw sqlState(cause) === '55P03' ? await lockedError(session, schema, cause) : cause;
  }
}

async function lockedError(session: Session, schema: string, cause: unknown): Promise<FedgenError> {
  const blockers = await findBlockers(session, schema);
  const who = blockers.map((blocker) => `\n  ${blocker}`).join('');
  return new FedgenError('E_DB_LOCKED', `cannot look at schema "${schema}": a table is locked${who}`, {
    hint: 'End the sessions above or wait for them, then validate again.',
    details: { schema, blockers },
    cause,
  });
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** A department that nobody has, to be created and attacked inside one transaction. */
async function renderScratch(
  prepared: Prepared,
  variables: Prepared['variables'],
): Promise<Parameters<typeof checkIsolation>[0]['scratch']> {
  const id = `fedgen_probe_${randomBytes(5).toString('hex')}`;
  const { rolePrefix } = prepared.settings;
  const plan = planDepartment(prepared.pack, { id, name: 'fedgen probe' }, { rolePrefix, variables });
  return { plan, scripts: (await createRenderer(prepared.pack)).render(plan) };
}

const cannotAttack = (schema: string): CheckResult =>
  checkResult(
    'cross_tenant_isolation',
    'not probed',
    [
      {
        object: schema,
        message: 'could not be probed: the schema is missing',
        remedy: 'Apply the department first.',
      },
    ],
    [],
  );

function inOrder(checks: readonly CheckResult[]): CheckResult[] {
  const names = Object.keys(CHECK_TITLES);
  const rank = (name: CheckName): number => names.indexOf(name);
  return [...checks].sort((a, b) => rank(a.name) - rank(b.name));
}
