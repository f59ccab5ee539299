import type { Session } from '../db/session.js';
import type { Pack } from '../packs/pack.js';
import { CONTROL_SCHEMA, sharedRoles } from '../plan/names.js';
import { planTarget, type TargetPlan } from '../plan/target.js';
import { createCatalogueReader, schemaOids, type CatalogueObject } from './catalogue.js';
import { createCatalogueChecks } from './catalogue-checks.js';
import { declare, permittedPrivileges, type DeclareInput } from './declare.js';
import {
  compareTogether,
  type ComparedTarget,
  type Comparison,
  type ComparisonResult,
} from './compare-target.js';
import { compareCatalogues } from './drift.js';
import { describeDifferences } from './drift-findings.js';
import type { Expected } from './expectation.js';
import { BEGIN_READING } from './lock-timeout.js';
import type { CheckResult } from './model.js';
import { type RegisteredTarget } from './registry.js';

/** What is said of a database, and which checks are asked for. */
export interface CompareSubject extends DeclareInput {
  readonly variables: TargetPlan['variables'];
  readonly isWanted: (code: string) => boolean;
}

/** What a comparison of targets works with. */
export interface CompareInput extends CompareSubject {
  readonly expected: Comparison['expected'];
  readonly isLastClean: Comparison['isLastClean'];
  /** Targets that were found clean; kept from one connection to the next. */
  readonly memory: Comparison['memory'];
}

/** How many targets a statement looks at. More would save little, and let a statement run for long. */
const TARGETS_AT_ONCE = 10;
const TIMEOUT_MS = 60_000;

/**
 * Opens a transaction in which names are qualified, nothing is compiled, nobody is waited for long, and what is prepared is
 * planned once.
 */
export const OPEN_COMPARISON = `${BEGIN_READING}; set local search_path = pg_catalog; set local jit = off;
  set local plan_cache_mode = force_generic_plan;
  set local statement_timeout = ${TIMEOUT_MS * TARGETS_AT_ONCE}`;

/** Compares the server and the control plane with what is declared and rendered. */
export async function compareServer(
  session: Session,
  input: CompareSubject,
  expected: Expected,
): Promise<CheckResult[]> {
  const checks = await createCatalogueChecks(session, sharedRoles(input.rolePrefix).owner);
  // Where statistics are older than the fleet, nested loops over what it consists of would cost its square.
  await session.client.query('set local enable_nestloop = off');
  const results = await checks.server(declare(input), input.isWanted);
  await session.client.query('set local enable_nestloop to default');
  if (!input.isWanted('control_plane_drift')) return results;
  const reader = await createCatalogueReader(session);
  const found = await reader.objects(await schemaOids(session, [CONTROL_SCHEMA]));
  return [...results, controlPlaneDrift(expected, found)];
}

/** The title of the drift check of the control plane. */
export const CONTROL_PLANE_TITLE = 'the control plane is what its scripts make';

function controlPlaneDrift(expected: Expected, found: readonly CatalogueObject[]): CheckResult {
  const findings =
    'message' in expected ? [expected] : describeDifferences(compareCatalogues(expected, found));
  return {
    code: 'control_plane_drift',
    layer: 'drift',
    title: CONTROL_PLANE_TITLE,
    summary: `${found.length} objects compared`,
    // Everybody depends on it: whatever is wrong there is wrong for every tenant.
    findings: findings.map((finding) => ({ ...finding, isolation: finding.severity === 'error' })),
    evidence: [],
  };
}

/** Compares targets on one connection, a few at a time, and tells of each how long it took on the average. */
export async function compareTargets(
  session: Session,
  input: CompareInput,
  targets: readonly RegisteredTarget[],
  each: (plan: TargetPlan, result: ComparisonResult, durationMs: number) => void,
): Promise<void> {
  const comparison: Comparison = {
    session,
    reader: await createCatalogueReader(session),
    checks: await createCatalogueChecks(session, sharedRoles(input.rolePrefix).owner),
    declared: declare(input),
    isWanted: input.isWanted,
    expected: input.expected,
    isLastClean: input.isLastClean,
    memory: input.memory,
  };
  for (let at = 0; at < targets.length; at += TARGETS_AT_ONCE) {
    const started = performance.now();
    const some = targets.slice(at, at + TARGETS_AT_ONCE).map((registered) => {
      const plan = planRegistered(input, registered);
      return {
        plan,
        schemaOids: registered.schemaOids,
        ...compareLedger(input.pack, registered),
        permitted: permittedPrivileges(plan, input),
      };
    });
    const results = await compareTogether(comparison, some);
    const durationMs = (performance.now() - started) / some.length;
    for (const [n, result] of results.entries()) if (some[n]) each(some[n].plan, result, durationMs);
  }
}

/** The plan of a registered department, or of the shared pack. */
export const planRegistered = (
  input: Pick<CompareInput, 'pack' | 'rolePrefix' | 'variables'>,
  registered: RegisteredTarget,
): TargetPlan =>
  planTarget(
    input.pack,
    { id: registered.id, name: registered.name },
    {
      rolePrefix: input.rolePrefix,
      variables: input.variables,
    },
  );

/** What the pack has and what the ledger says, where they differ. */
function compareLedger(
  pack: Pack,
  { scripts }: RegisteredTarget,
): Pick<ComparedTarget, 'pending' | 'unknown'> {
  const named = pack.scripts.map((script) => ({ key: `${script.pack}/${script.name}`, name: script.name }));
  return {
    pending: named.filter(({ key }) => !scripts.includes(key)).map(({ name }) => name),
    unknown: scripts.filter((script) => !named.some(({ key }) => key === script)),
  };
}
