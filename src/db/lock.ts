import { setTimeout as sleep } from 'node:timers/promises';
import { FedgenError } from '../shared/errors.js';
import { throwIfAborted, type Session } from './session.js';

/** Who holds a lock that we want. */
export interface LockHolder {
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  readonly since: string;
}

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;

/** The text that the advisory lock of a target is made of. */
export const lockKey = (target: string): string => `fedgen:${target}`;

/**
 * Holds the advisory lock of a target while `use` runs. The lock is polled, never waited for in the server:
 * a session that blocks in pg_advisory_lock deadlocks with CREATE INDEX CONCURRENTLY.
 * @throws FedgenError E_DB_LOCKED that names the holder, after `waitMs`.
 */
export async function withTargetLock<T>(
  session: Session,
  target: string,
  options: { readonly waitMs: number; readonly onWait?: (holder: LockHolder | undefined) => void },
  use: () => Promise<T>,
): Promise<T> {
  const key = lockKey(target);
  await acquire(session, key, target, options);
  try {
    return await use();
  } finally {
    // The session may be gone, and then the server has let the lock go.
    await session.client
      .query('select pg_advisory_unlock(hashtextextended($1, 0))', [key])
      .catch(() => undefined);
  }
}

async function acquire(
  session: Session,
  key: string,
  target: string,
  options: { readonly waitMs: number; readonly onWait?: (holder: LockHolder | undefined) => void },
): Promise<void> {
  const deadline = performance.now() + options.waitMs;
  for (
    let pause = FIRST_PAUSE_MS, first = true;
    ;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS), first = false
  ) {
    throwIfAborted(session.signal);
    const { rows } = await session.client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
      [key],
    );
    if (rows[0]?.taken) return;
    if (performance.now() >= deadline)
      throw lockedError(target, options.waitMs, await findHolder(session, key));
    if (first) options.onWait?.(await findHolder(session, key));
    await sleep(pause * (0.5 + Math.random()), undefined, { signal: session.signal }).catch(() => undefined);
  }
}

/** Who holds a lock; undefined when nobody does any more. */
export async function findHolder(session: Session, key: string): Promise<LockHolder | undefined> {
  const { rows } = await session.client.query<LockHolder>(
    `select a.pid, a.usename as user, a.application_name as application,
            to_char(a.backend_start at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)`,
    [key],
  );
  return rows[0];
}

function lockedError(target: string, waitMs: number, holder: LockHolder | undefined): FedgenError {
  const who = holder
    ? `held by backend ${holder.pid} (${holder.application || 'unnamed'}, user ${holder.user}, since ${holder.since})`
    : 'held by another session';
  return new FedgenError('E_DB_LOCKED', `target "${target}" is being worked on: its lock is ${who}`, {
    hint: `Waited ${waitMs} ms. Let the other run finish, or raise --lock-wait.`,
    details: { target, ...holder },
  });
}

/**
 * Sessions that hold locks on relations of a schema, for a script that could not get its own lock in time.
 * @returns one line per session; empty when they are gone by now.
 */
export async function findBlockers(session: Session, schema: string): Promise<string[]> {
  const { rows } = await session.client.query<{ line: string }>(
    `select format('backend %s (%s, user %s, %s since %s) holds %s on %s', a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'),
                   a.usename, a.state, to_char(a.xact_start at time zone 'utc', 'HH24:MI:SS "UTC"'),
                   string_agg(distinct l.mode, ', '), string_agg(distinct c.relname, ', ')) as line
       from pg_locks l
       join pg_class c on c.oid = l.relation
       join pg_namespace n on n.oid = c.relnamespace
       join pg_stat_activity a on a.pid = l.pid
      where n.nspname = $1 and l.granted and l.pid <> pg_backend_pid()
      group by a.pid, a.application_name, a.usename, a.state, a.xact_start
      order by a.pid`,
    [schema],
  );
  return rows.map((row) => row.line);
}
