/** A target that waits for its turn. */
export interface Waiting<T> {
  readonly target: T;
  /** How often it was tried already. */
  readonly attempts: number;
  /** When somebody else was first found working on it, in milliseconds of the caller's clock. */
  readonly blockedSince?: number | undefined;
}

/** The targets of a run that are still to do. Those that had to give way come back behind the others, after a pause. */
export interface FleetQueue<T> {
  /** The next one whose turn it is. */
  take(now: number): Waiting<T> | undefined;
  putBack(waiting: Waiting<T>, notBefore: number): void;
  /** Milliseconds until the next one is due; undefined when nothing waits. */
  dueIn(now: number): number | undefined;
  /** Everything that waits, and nothing waits any more. */
  drain(): T[];
}

/** A queue of targets in their order. Pure: time is an argument. */
export function createQueue<T>(targets: readonly T[]): FleetQueue<T> {
  let next = 0;
  const late: { readonly waiting: Waiting<T>; readonly notBefore: number }[] = [];
  return {
    take: (now) => {
      if (next < targets.length) {
        const target = targets[next] as T;
        next += 1;
        return { target, attempts: 0 };
      }
      const due = late.findIndex(({ notBefore }) => notBefore <= now);
      return due === -1 ? undefined : late.splice(due, 1)[0]?.waiting;
    },
    putBack: (waiting, notBefore) => {
      const at = late.findIndex((other) => other.notBefore > notBefore);
      late.splice(at === -1 ? late.length : at, 0, { waiting, notBefore });
    },
    dueIn: (now) => {
      if (next < targets.length) return 0;
      const [first] = late;
      return first && Math.max(0, first.notBefore - now);
    },
    drain: () => {
      const left = [...targets.slice(next), ...late.splice(0).map(({ waiting }) => waiting.target)];
      next = targets.length;
      return left;
    },
  };
}
