import { randomBytes } from 'node:crypto';
import { FedgenError, type Settings } from '../../src/index.js';
import { isServerError } from '../../src/db/errors.js';
import { requireDatabase } from '../../src/config/settings.js';
import { withSession, type Session } from '../../src/db/session.js';
import { loadControlPlane, loadPack } from '../../src/packs/load.js';
import type { Pack } from '../../src/packs/pack.js';
import { sharedRoles } from '../../src/plan/names.js';
import { resolveVariables } from '../../src/plan/variables.js';
import { loadSqlParser } from '../../src/render/sql.js';
import { recordExpectation, toExpectation } from '../../src/validate/expectation.js';
import { checkIsolation } from '../../src/validate/isolation.js';
import type { CheckResult } from '../../src/validate/model.js';
import {
  compareServer,
  compareTargets,
  OPEN_COMPARISON,
  planRegistered,
  type CompareInput,
} from '../../src/validate/prove.js';
import { readRegistry } from '../../src/validate/registry.js';
import { renderScratch } from '../../src/validate/scratch.js';
import type { Verdict } from './model.js';

/** What is to be validated. */
export interface ProveInput {
  readonly settings: Settings;
  readonly departmentIds: readonly string[];
  /** Whether departments are attacked as well; that takes most of the time. */
  readonly probe: boolean;
}

/**
 * Validates departments by all layers, and says what was found of each: the one place that knows how the product does
 * it. An error is a verdict, too: see {@link failure}.
 */
export async function prove(input: ProveInput): Promise<Map<string, Verdict[]>> {
  const verdicts = new Map(input.departmentIds.map((id) => [id, [] as Verdict[]]));
  const { settings } = input;
  try {
    await withSession(requireDatabase(settings), { connectTimeoutMs: settings.connectTimeoutMs }, (session) =>
      proveAll(session, input, verdicts),
    );
  } catch (cause) {
    tellAll(verdicts, [failure(cause)]);
  }
  return verdicts;
}

async function proveAll(
  session: Session,
  { settings, probe }: ProveInput,
  verdicts: Map<string, Verdict[]>,
): Promise<void> {
  const compared = await prepareComparison(session, settings);
  await guarded(session, verdicts, () => compareAll(session, compared, verdicts));
  for (const [id, found] of probe ? verdicts : [])
    await guarded(session, new Map([[id, found]]), () => attack(session, compared, id, found));
}

async function prepareComparison(session: Session, settings: Settings): Promise<CompareInput> {
  const [pack, controlPlane] = await loadPacks(settings);
  const { rolePrefix } = settings;
  const variables = resolveVariables(pack, settings.variables[pack.name] ?? {});
  await session.client.query('begin');
  const registry = await readRegistry(session, sharedRoles(rolePrefix).owner);
  await session.client.query('rollback');
  const recording = await recordExpectation(session, { pack, controlPlane }, { rolePrefix, variables });
  return {
    pack,
    rolePrefix,
    variables,
    trustedRoles: [],
    extensions: [],
    registry,
    expectation: toExpectation(recording, rolePrefix),
    isWanted: () => true,
    memory: new Map(),
  };
}

const loaded = new Map<string, Promise<readonly [Pack, Pack]>>();

function loadPacks(settings: Settings): Promise<readonly [Pack, Pack]> {
  const load = async (): Promise<readonly [Pack, Pack]> => {
    await loadSqlParser();
    return [await loadPack(settings.pack, settings.packDirs), await loadControlPlane()];
  };
  const packs = loaded.get(settings.pack) ?? load();
  loaded.set(settings.pack, packs);
  return packs;
}

async function compareAll(
  session: Session,
  input: CompareInput,
  verdicts: Map<string, Verdict[]>,
): Promise<void> {
  await session.client.query(OPEN_COMPARISON);
  tellAll(verdicts, (await compareServer(session, input)).flatMap(ofResult));
  const targets = input.registry.departments.filter(({ id }) => verdicts.has(id));
  await compareTargets(session, input, targets, (plan, results) =>
    verdicts.get(plan.target.id)?.push(...results.flatMap(ofResult)),
  );
  const known = new Set(targets.map(({ id }) => id));
  for (const [id, found] of verdicts) if (!known.has(id)) found.push(notRegistered(id));
  await session.client.query('rollback');
}

async function attack(session: Session, input: CompareInput, id: string, found: Verdict[]): Promise<void> {
  const registered = input.registry.departments.find((department) => department.id === id);
  if (registered === undefined || registered.schemaOids.length === 0) return;
  const scratch = await renderScratch(input.pack, input);
  const token = `fedgen-${randomBytes(6).toString('hex')}`;
  const plan = planRegistered(input, registered);
  const result = await checkIsolation({ session, plan, scratch, token });
  found.push(
    ...result.findings.map(({ object, message }) => ({
      layer: 'probe' as const,
      code: result.name,
      severity: 'error' as const,
      isolation: true,
      object,
      message,
    })),
  );
}

async function guarded(
  session: Session,
  verdicts: ReadonlyMap<string, Verdict[]>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    await session.client.query('rollback').catch(() => undefined);
    tellAll(verdicts, [failure(cause)]);
  }
}

const ofResult = (result: CheckResult): Verdict[] =>
  result.findings.map((finding) => ({ ...finding, layer: result.layer, code: result.code }));

const tellAll = (verdicts: ReadonlyMap<string, Verdict[]>, told: readonly Verdict[]): void => {
  for (const found of verdicts.values()) found.push(...told);
};

/** What the product makes of an error: it tells those of the server and its own, and dies of all others. */
const failure = (cause: unknown): Verdict => ({
  layer: cause instanceof FedgenError || isServerError(cause) ? 'refused' : 'crash',
  code: cause instanceof FedgenError ? cause.code : 'error',
  severity: 'error',
  isolation: true,
  object: 'validate',
  message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
});

/** The product refuses to validate it (E_TARGET_UNKNOWN), which nobody takes for a pass. */
const notRegistered = (id: string): Verdict => ({
  layer: 'refused',
  code: 'E_TARGET_UNKNOWN',
  severity: 'error',
  isolation: true,
  object: id,
  message: 'is not registered',
});
