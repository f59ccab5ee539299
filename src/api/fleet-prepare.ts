import { readFleetState, type FleetState } from '../apply/fleet-state.js';
import { closeDeadRuns } from '../apply/ledger.js';
import { defaultSettings, type Settings } from '../config/settings.js';
import { isServerError } from '../db/errors.js';
import type { Session } from '../db/session.js';
import { loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { sharedRoles } from '../plan/names.js';
import { parseShard } from '../plan/selection.js';
import { planDepartment, type TargetPlan } from '../plan/target.js';
import type { GivenVariables } from '../plan/variables.js';
import { createRenderer, type Renderer } from '../render/render.js';
import { loadSqlParser } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import { mergeNamed, type PackScript, type TargetSelection } from './fleet-survey.js';
import type { CommonOptions } from './options.js';
import type { PartOfRun } from './over-databases.js';
import type { FleetPlan } from './plan.js';
import { connecting, type Connecting } from './run.js';

/** How many departments are worked on together. */
export interface FleetOptions extends CommonOptions, Omit<TargetSelection, 'shard'> {
  /** `2/4`: the second of four parts. */
  readonly shard?: string | undefined;
  /** A query that answers ids, and names beside them, of the departments that are meant. */
  readonly targetsQuery?: string | undefined;
  readonly pack?: string;
  /** Values of the pack's variables, for all departments; they win over the configured ones. */
  readonly variables?: GivenVariables;
  /** Departments at a time, each on a connection of its own. Default: 4, fewer where the server has little room. */
  readonly concurrency?: number | undefined;
  /** `stop` (default) begins no further department after the first failure; not beside a number of failures. */
  readonly onError?: 'stop' | 'continue' | undefined;
  /** After how many failures no further department is begun: a number, or a share such as `5%`. */
  readonly maxFailures?: number | string | undefined;
  /** The share of the time that each connection works, up to 1. Default: 1. */
  readonly duty?: number | undefined;
  /** Compares each department after its scripts with what they should have made, and takes them back where it differs. */
  readonly verify?: boolean | undefined;
  /** Only the pack's scripts up to this number, as if it had no more. */
  readonly upTo?: number | undefined;
  /** A plan to carry out: refused if another one would be made now. It says which departments are meant. */
  readonly plan?: FleetPlan | undefined;
  /** The same for several databases: a plan for each, by its name. */
  readonly plans?: Readonly<Record<string, FleetPlan>> | undefined;
  /** Aborting it begins no further department; those under way are finished. */
  readonly drain?: AbortSignal | undefined;
}

/** A verb's options with defaults filled in. */
export interface PreparedFleet extends Connecting {
  /** Where there are several databases. */
  readonly part: PartOfRun | undefined;
  readonly options: FleetOptions;
  readonly pack: Pack;
  readonly renderer: Renderer;
  readonly scripts: readonly PackScript[];
  readonly planOf: (target: { readonly id: string; readonly name: string }) => TargetPlan;
}

/**
 * Reads the pack, before anything connects.
 * @throws FedgenError E_PACK_*, E_USAGE for a pack without departments and for a number of failures that is none.
 */
export async function prepareFleet(options: FleetOptions, part?: PartOfRun): Promise<PreparedFleet> {
  const settings = options.settings ?? defaultSettings();
  mostFailures(options, 1);
  const [whole] = await Promise.all([
    loadPack(options.pack ?? settings.pack, settings.packDirs),
    loadSqlParser(),
  ]);
  const pack = packUpTo(whole, options.upTo);
  if (pack.tenancy !== 'schema') {
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} ${pack.tenancy === 'shared' ? 'is shared by all its tenants' : 'is one installation'} and belongs to no department`,
      {
        hint: 'It has one installation per database: name it with --pack alone.',
      },
    );
  }
  const variables = { ...settings.variables[pack.name], ...options.variables };
  const renderer = await createRenderer(pack);
  const planOf = (target: { readonly id: string; readonly name: string }): TargetPlan =>
    planDepartment(pack, target, { rolePrefix: settings.rolePrefix, variables });
  return {
    ...connecting({ ...options, settings }),
    options: { ...options, ...(options.named && { named: mergeNamed(options.named) }) },
    part,
    pack,
    renderer,
    planOf,
    scripts: renderer.checksums(planOf(SAMPLE)).map(toPackScript),
  };
}

/** @throws FedgenError E_USAGE where no script has a number that low. */
function packUpTo(pack: Pack, upTo: number | undefined): Pack {
  if (upTo === undefined) return pack;
  const scripts = pack.scripts.filter(({ number }) => number <= upTo);
  if (scripts.length > 0) return { ...pack, scripts };
  throw new FedgenError('E_USAGE', `pack ${pack.name} has no script up to number ${upTo}`, {
    hint: `Its scripts are ${pack.scripts.map(({ name }) => name).join(', ')}.`,
  });
}

/** Renders like any department. */
const SAMPLE = { id: 'sample', name: 'Sample' };

/** A script as the ledger's sums know it. */
export const toPackScript = (script: ReturnType<Renderer['checksums']>[number]): PackScript => ({
  key: `${script.source.pack}/${script.source.name}`,
  templateChecksum: script.templateChecksum,
});

/** Registry and ledger as the owner reads them. */
export const readState = (session: Session, settings: Settings): Promise<FleetState | undefined> =>
  readFleetState(session, sharedRoles(settings.rolePrefix).owner);

/** Closes runs that died, for a verb that opens none: it has nothing to do. */
export async function closeDead(
  session: Session,
  { settings }: PreparedFleet,
  state: FleetState | undefined,
): Promise<void> {
  if (state?.hasDeadRuns) await closeDeadRuns(session, sharedRoles(settings.rolePrefix).owner);
}

/** The selection with what a query adds to it. @throws FedgenError E_USAGE. */
export async function readSelection(session: Session, options: FleetOptions): Promise<TargetSelection> {
  const { shard, targetsQuery, ...rest } = options;
  const parsed = { ...rest, ...(shard !== undefined && { shard: parseShard(shard) }) };
  if (targetsQuery === undefined) return parsed;
  const queried = await queryTargets(session, targetsQuery);
  return { ...parsed, named: mergeNamed([...(options.named ?? []), ...queried]) };
}

async function queryTargets(session: Session, query: string): Promise<{ id: string; name?: string }[]> {
  await session.client.query('begin read only');
  try {
    const { rows } = await session.client.query<unknown[]>({ text: query, rowMode: 'array' });
    return rows.map(([id, name]) => ({ id: String(id), ...(typeof name === 'string' && { name }) }));
  } catch (cause) {
    if (!isServerError(cause)) throw cause;
    throw new FedgenError('E_USAGE', `the query of --targets-from fails: ${cause.message}`, { cause });
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

/** @throws FedgenError E_USAGE for what is neither a number nor a share, and for one beside `stop`. */
export function mostFailures(
  { onError, maxFailures }: Pick<FleetOptions, 'onError' | 'maxFailures'>,
  targets: number,
): number {
  if (maxFailures === undefined) return onError === 'continue' ? Number.POSITIVE_INFINITY : 1;
  const [, digits = '', percent] = /^(\d{1,9})(%?)$/.exec(String(maxFailures)) ?? [];
  const number = Number(digits);
  if (onError === 'stop') {
    throw new FedgenError(
      'E_USAGE',
      `--on-error stop and --max-failures ${maxFailures} contradict each other`,
      {
        hint: 'Leave one of them out: the first failure stops all, or so many do.',
      },
    );
  }
  if (digits === '' || number === 0 || (percent === '%' && number > 100)) {
    throw new FedgenError('E_USAGE', `"${maxFailures}" is no number of failures`, {
      hint: 'Write a number from 1, or a share of the departments such as 5%.',
    });
  }
  return percent === '%' ? Math.max(1, Math.ceil((targets * number) / 100)) : number;
}
