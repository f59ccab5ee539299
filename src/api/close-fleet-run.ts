import { setTimeout as sleep } from 'node:timers/promises';
import { readPending } from '../apply/fleet-book.js';
import type { FailedTarget, FleetOutcome } from '../apply/fleet.js';
import { finishRun } from '../apply/ledger.js';
import type { Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import type { FedgenError } from '../shared/errors.js';
import type { PreparedFleet } from './fleet-prepare.js';
import { withDatabase } from './run.js';

/** How a run went that is to be closed. */
export interface Ending {
  readonly failed: readonly FailedTarget[];
  readonly notRun: readonly string[];
  readonly interrupted: boolean;
  readonly stopped: FedgenError | undefined;
}

/** How often a server that is gone is looked for, with growing pauses. */
const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 250;

/**
 * Closes a run. Its commit brings everything before it to the disk; what a crash of the server took until then is told by
 * the run's own books, which were written after it.
 * @returns the targets that were done and are so no more.
 */
export async function closeFleetRun(
  session: Session,
  prepared: PreparedFleet,
  runId: string,
  ending: Ending,
): Promise<string[]> {
  const { owner } = sharedRoles(prepared.settings.rolePrefix);
  const isGood = ending.failed.length === 0 && ending.notRun.length === 0;
  const state = isGood ? 'succeeded' : ending.interrupted ? 'interrupted' : 'failed';
  const first = ending.failed[0]?.error ?? ending.stopped;
  const known = new Set([...ending.failed.map(({ target }) => target), ...ending.notRun]);
  const close = async (by: Session): Promise<string[]> => {
    await finishRun(by, owner, { id: runId, state, ...(first && { error: first.message }) });
    // Read by the connection that flushed: no crash lies between.
    const pending = await readPending(by, owner, runId);
    return pending.filter((id) => !known.has(id));
  };
  try {
    return await close(session);
  } catch {
    // The connection that opened the run may be the one that broke; without any, the next run closes this one.
    return await closeAnew(prepared, close, ending.stopped ? 1 : MOST_TRIES).catch(() => []);
  }
}

async function closeAnew(
  prepared: PreparedFleet,
  close: (session: Session) => Promise<string[]>,
  tries: number,
): Promise<string[]> {
  const quiet = { ...prepared, signal: undefined, onEvent: () => undefined };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withDatabase(quiet, 'closing the run', close);
    } catch (error) {
      if (attempt >= tries || prepared.options.signal?.aborted) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** What a run came to that did some targets again, which it had counted as done before. */
export function joinOutcomes(before: FleetOutcome, again: FleetOutcome): FleetOutcome {
  const undone = again.failed.length + again.notRun.length;
  return {
    succeeded: Math.max(0, before.succeeded - undone),
    unchanged: before.unchanged,
    scripts: before.scripts + again.scripts,
    failed: [...before.failed, ...again.failed],
    notRun: [...before.notRun, ...again.notRun].sort(),
    stopped: again.stopped ?? before.stopped,
  };
}
