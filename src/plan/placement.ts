import { matchesGlob } from '../shared/glob.js';

/** A database that departments are placed in: by their ids, or patterns of them. */
export interface Place {
  readonly name: string;
  readonly departments: readonly string[];
}

/** The database that a department belongs to: the first that names it. Pure. */
export const placeOf = <P extends Place>(places: readonly P[], id: string): P | undefined =>
  places.find(({ departments }) => departments.some((pattern) => matchesGlob(pattern, id)));

/**
 * When the waves of several databases may begin: none before all databases are done with the waves before it, and none
 * after a wave in which something failed. Pure but for the waiting.
 */
export interface WaveGate {
  /** Waits for the wave's turn. @returns false where it must not begin. */
  readonly enter: (wave: string) => Promise<boolean>;
  readonly fail: () => void;
  /** This database has no more waves. */
  readonly leave: () => void;
}

/** A gate for each of `count` databases. @param order names of the waves; the wave without a name is the last. */
export function createWaveGates(order: readonly string[], count: number): readonly WaveGate[] {
  const waves = [...order, ''];
  const at = Array.from({ length: count }, () => -1);
  let failedAt = Number.POSITIVE_INFINITY;
  const waiting: (() => void)[] = [];
  const move = (database: number, wave: number): void => {
    at[database] = wave;
    for (const wake of waiting.splice(0)) wake();
  };
  return at.map((_, database) => ({
    enter: async (name) => {
      const wave = waves.indexOf(name);
      move(database, wave);
      while (at.some((other) => other < wave)) await new Promise<void>((resolve) => waiting.push(resolve));
      return failedAt >= wave;
    },
    fail: () => {
      failedAt = Math.min(failedAt, at[database] ?? 0);
    },
    leave: () => move(database, Number.POSITIVE_INFINITY),
  }));
}
