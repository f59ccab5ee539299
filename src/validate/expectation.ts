import { sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import {
  createCatalogueReader,
  rolesOf,
  schemaOids,
  type CatalogueObject,
  type CatalogueReader,
} from './catalogue.js';
import { renameCatalogue } from './drift.js';
import type { Finding } from './model.js';
import { createScratch, namesBetween, type Scratch, type ScratchNames } from './scratch.js';

/** What must stand, as the server itself tells it of a scratch copy; a finding where there is none. */
export type Expected = readonly CatalogueObject[] | Finding;

/** A catalogue and the names in it that stand for those of a target. */
export interface Recorded {
  readonly names: ScratchNames;
  readonly objects: readonly CatalogueObject[];
}

/** What is expected of a target and of the control plane, as it was read from their scratch copies. */
export interface Recording {
  readonly target: Recorded | Finding;
  readonly controlPlane: Recorded | Finding;
}

/**
 * Creates a scratch copy in a transaction that is rolled back, and reads what then stands: the database itself says what
 * its scripts make of it, on this server, in this version.
 */
export async function record(session: Session, scratch: Scratch): Promise<Recorded | Finding> {
  const { client } = session;
  await client.query(
    'begin; set local lock_timeout = 5000; set local statement_timeout = 60000; set local jit = off',
  );
  try {
    await createScratch(session, scratch);
    await client.query('set local search_path = pg_catalog');
    const reader = await createCatalogueReader(session);
    return { names: scratch.names, objects: await readTarget(session, reader, scratch.plan) };
  } catch (cause) {
    if (session.signal?.aborted || sqlState(cause) === undefined) throw cause;
    return notRecorded(scratch.plan, cause);
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

const readTarget = async (
  session: Session,
  reader: CatalogueReader,
  plan: TargetPlan,
): Promise<CatalogueObject[]> =>
  reader.objects(await schemaOids(session, plan.target.schemas), rolesOf(plan));

/** What could not be compared was not proved. */
const notRecorded = (plan: TargetPlan, cause: unknown): Finding => ({
  object: `pack ${plan.pack.name}`,
  severity: 'error',
  isolation: true,
  message: `cannot be compared: no scratch copy could be created (${cause instanceof Error ? cause.message : String(cause)})`,
  remedy:
    'Validate as the role that applies, or compare with a stored expectation: --snapshot FILE (see --write-snapshot).',
});

/** What is expected of a real target, under its names. */
export const expectTarget =
  (recorded: Recorded | Finding) =>
  (plan: TargetPlan): Expected =>
    'message' in recorded ? recorded : renameCatalogue(recorded.objects, namesBetween(recorded.names, plan));

/** What is expected of the control plane. */
export const expectControlPlane = (recorded: Recorded | Finding): Expected =>
  'message' in recorded ? recorded : renameCatalogue(recorded.objects, recorded.names.words);
