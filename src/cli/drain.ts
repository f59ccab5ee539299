/** What a first signal does to a run that can end in good order; the second one interrupts it. */
export interface Drain {
  /** Aborts at the first signal, once {@link Drain.use} was called. */
  readonly signal: AbortSignal;
  /** From now on the first signal drains. */
  readonly use: () => void;
}

interface Stops {
  readonly drain: Drain;
  readonly abort: AbortSignal;
  /** @returns false when everything was tried already. */
  readonly onSignal: () => boolean;
}

/** What signals do, one after the other: drain where that is possible, then interrupt. */
export function createStops(): Stops {
  const abort = new AbortController();
  const drain = new AbortController();
  let drains = false;
  return {
    abort: abort.signal,
    drain: { signal: drain.signal, use: () => void (drains = true) },
    onSignal: () => {
      if (abort.signal.aborted) return false;
      (drains && !drain.signal.aborted ? drain : abort).abort();
      return true;
    },
  };
}
