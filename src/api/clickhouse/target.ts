import { withEngineLock } from '../../clickhouse/lock.js';
import { withClickHouse, type ClickHouseSession } from '../../clickhouse/session.js';
import { requireClickHouse } from '../../config/settings.js';
import { planTarget, type TargetPlan } from '../../plan/target.js';
import {
  createClickHouseRenderer,
  type ClickHouseRenderer,
  type ClickHouseScript,
} from '../../render/clickhouse/scripts.js';
import { FedgenError } from '../../shared/errors.js';
import { prepare, type Prepared, type TargetOptions } from '../options.js';

/** The installation of a pack in ClickHouse, rendered. */
export interface EngineTarget {
  readonly prepared: Prepared;
  readonly plan: TargetPlan;
  readonly scripts: readonly ClickHouseScript[];
  readonly renderer: ClickHouseRenderer;
  /** The value of the variable `cluster`; empty for one node. */
  readonly cluster: string;
}

/** Reads and renders the pack, before anything connects. @throws FedgenError as prepare and rendering do. */
export async function prepareEngineTarget(options: TargetOptions): Promise<EngineTarget> {
  return renderEngineTarget(await prepare(options));
}

/** Renders the pack. */
export function renderEngineTarget(prepared: Prepared): EngineTarget {
  const { pack, settings, variables } = prepared;
  const plan = planTarget(pack, undefined, { rolePrefix: settings.rolePrefix, variables });
  const renderer = createClickHouseRenderer(pack);
  const cluster = String(plan.variables['cluster'] ?? '');
  return { prepared, plan, scripts: renderer.render(plan), renderer, cluster };
}

/**
 * Connects as the settings say and runs `use`.
 * @throws FedgenError E_NO_DATABASE, E_DB_*, E_PRIVILEGE, E_INTERRUPTED and what `use` throws.
 */
export async function withEngine<T>(
  { prepared }: Pick<EngineTarget, 'prepared'>,
  doing: string,
  use: (session: ClickHouseSession) => Promise<T>,
): Promise<T> {
  const { settings, signal, onEvent } = prepared;
  const { connectTimeoutMs, statementTimeoutMs } = settings;
  const connection = { server: requireClickHouse(settings), connectTimeoutMs, statementTimeoutMs, signal };
  return withClickHouse(connection, doing, async (session) => {
    onEvent({
      type: 'connected',
      server: session.where,
      serverVersion: versionNumber(session.version),
      product: `ClickHouse ${session.version}`,
    });
    return use(session);
  });
}

/** 26.7.2.1 as PostgreSQL would number it: 260007. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 10_000 + minor;
}

/** Holds the target while `use` runs. @throws FedgenError E_DB_LOCKED. */
export function withTargetLock<T>(
  session: ClickHouseSession,
  { prepared, plan }: EngineTarget,
  use: () => Promise<T>,
): Promise<T> {
  const target = plan.target.id;
  const onWait = (holder: string): void => prepared.onEvent({ type: 'lock-wait', target, holder });
  return withEngineLock(session, { target, waitMs: prepared.settings.lockWaitMs, onWait }, use);
}

/** The error that says how to apply what is not there. */
export const notInstalled = (session: ClickHouseSession, { plan }: EngineTarget): FedgenError =>
  new FedgenError('E_TARGET_UNKNOWN', `pack "${plan.pack.family}" is not installed in ${session.where}`, {
    hint: `Apply it first: fedgen apply --pack ${plan.pack.name}.`,
    details: { pack: plan.pack.family },
  });
