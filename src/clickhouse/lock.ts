import { randomInt, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { FedgenError } from '../shared/errors.js';
import type { ClickHouseSession } from './session.js';

/** A claim that was not renewed for so long is that of a process that died. */
const LEASE_S = 60;
const RENEW_MS = 15_000;
const POLL_MS = [200, 600] as const;

interface LockOptions {
  readonly target: string;
  readonly waitMs: number;
  readonly onWait: (holder: string) => void;
}

/**
 * Holds a target while `use` runs. ClickHouse has no locks to take, so a claim is written down first and then all claims
 * are read: of two at the same time at least one sees the other, and gives way. A claim is renewed while it is held, and one
 * that was not renewed for a minute counts no more.
 * @throws FedgenError E_DB_LOCKED when others hold it for longer than `waitMs`.
 */
export async function withEngineLock<T>(
  session: ClickHouseSession,
  options: LockOptions,
  use: () => Promise<T>,
): Promise<T> {
  const claim = await takeClaim(session, options);
  const renewal = setInterval(() => void claim.renew().catch(() => undefined), RENEW_MS);
  try {
    return await use();
  } finally {
    clearInterval(renewal);
    // What cannot be taken back now counts no more in a minute.
    await claim.release().catch(() => undefined);
  }
}

interface Claim {
  readonly renew: () => Promise<void>;
  readonly release: () => Promise<void>;
}

async function takeClaim(
  session: ClickHouseSession,
  { target, waitMs, onWait }: LockOptions,
): Promise<Claim> {
  const deadline = performance.now() + waitMs;
  const id = randomUUID();
  const holder = `process ${process.pid} on ${hostname()} as ${session.user}`;
  const write = async (isHeld: 0 | 1): Promise<void> => {
    await session.insert('federation.locks', [{ target, claim: id, holder, is_held: isHeld }]);
  };
  let told = false;
  for (;;) {
    await write(1);
    const [other] = await othersThan(session, target, id).catch(async (error: unknown) => {
      await write(0).catch(() => undefined);
      throw error;
    });
    if (other === undefined) return { renew: () => write(1), release: () => write(0) };
    await write(0);
    if (performance.now() >= deadline) throw lockedError(target, other);
    if (!told) onWait(other);
    told = true;
    await sleep(randomInt(...POLL_MS));
  }
}

/** Who else claims the target now, by the server's clock. */
async function othersThan(session: ClickHouseSession, target: string, claim: string): Promise<string[]> {
  const rows = await session.rows<{ holder: string }>(
    `select holder from (
       select claim, any(holder) as holder, argMax(is_held, (at, 1 - is_held)) as held, max(at) as seen
         from federation.locks where target = {target:String} and at > now64(3) - toIntervalSecond(${LEASE_S})
        group by claim)
      where held = 1 and claim != {claim:UUID}`,
    { target, claim },
  );
  return rows.map(({ holder }) => holder);
}

const lockedError = (target: string, holder: string): FedgenError =>
  new FedgenError('E_DB_LOCKED', `target "${target}" is being worked on by ${holder}`, {
    hint: `Wait for it, or raise --lock-wait. If it died, its claim counts no more in ${LEASE_S} seconds.`,
    details: { target, holder },
  });
