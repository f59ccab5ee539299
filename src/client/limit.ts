import { FedgenError } from '../shared/errors.js';
import type { Context } from './options.js';

/** How long a transaction may go on: until its timeout, or until its signal aborts. */
export interface Limit {
  /** Why it is over; undefined while it is not. */
  reached(): FedgenError | undefined;
  /** Throws why it is over. */
  check(): void;
  /** What `work` answers, unless the limit is reached first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Stops the clock. */
  end(): void;
}

/** Starts the clock. */
export function startLimit({ pack, tenantId, timeoutMs, signal }: Context): Limit {
  let reached: FedgenError | undefined;
  let reject: (why: FedgenError) => void = () => undefined;
  const over = new Promise<never>((_resolve, fail) => (reject = fail));
  over.catch(() => undefined);
  const reach = (why: FedgenError): void => {
    reached ??= why;
    reject(reached);
  };
  const what = `the transaction of tenant "${tenantId}" of pack ${pack}`;
  const onAbort = (): void =>
    reach(
      new FedgenError('E_INTERRUPTED', `${what} was aborted`, {
        hint: 'Nothing of it was kept.',
        details: { pack, tenantId },
        cause: signal?.reason,
      }),
    );
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => reach(tooLong(what, timeoutMs)), timeoutMs);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    reached: () => reached,
    check: () => {
      if (reached) throw reached;
    },
    race: (work) => Promise.race([work, over]),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

const tooLong = (what: string, timeoutMs: number): FedgenError =>
  new FedgenError('E_TIMEOUT', `${what} took longer than ${timeoutMs} ms`, {
    hint: 'Nothing of it was kept. Make its statements faster, give it more time (timeoutMs), or the pool more connections.',
    details: { timeoutMs },
  });
