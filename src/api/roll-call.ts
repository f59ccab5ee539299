import { FedgenError, EXIT } from '../shared/errors.js';
import type { PatternMatches, Patterns } from '../plan/selection.js';
import { refuseUnmatched } from './fleet-survey.js';

/** One of several databases, while all of them are asked what they know of the patterns of a call. */
interface Voice {
  /**
   * Says what this one knows, and waits for the others: nobody begins before it is clear that nothing was mistyped.
   * @throws FedgenError E_TARGET_UNKNOWN for a pattern that none of them knows.
   */
  readonly agree: (matches: PatternMatches) => Promise<void>;
  /** Nothing more is to be heard of this one. */
  readonly leave: () => void;
}

/** What became of one of several databases. */
export type Outcome<T> = { readonly name: string } & (
  { readonly result: T } | { readonly error: FedgenError }
);

/**
 * Asks all databases at a time, whatever becomes of the others.
 * @throws what concerns the call as a whole, such as a pattern that none of them knows.
 */
export async function askEach<P extends { readonly name: string }, T>(
  parts: readonly P[],
  ask: (part: P, agree: Voice['agree'], index: number) => Promise<T>,
): Promise<Outcome<T>[]> {
  const voices = createRollCall(parts.map(({ name }) => name));
  const ends = await Promise.allSettled(
    parts.map(async (part, index) => {
      const { agree, leave } = voices[index] as Voice;
      return ask(part, agree, index).finally(leave);
    }),
  );
  return ends.map((end, index) => {
    const name = parts[index]?.name ?? '';
    return end.status === 'fulfilled'
      ? { name, result: end.value }
      : { name, error: asReportable(end.reason) };
  });
}

/** What is wrong with the call, or with fedgen, is no database's fault. */
function asReportable(error: unknown): FedgenError {
  const isOfDatabase =
    error instanceof FedgenError && error.exitCode !== EXIT.usage && error.code !== 'E_TARGET_UNKNOWN';
  if (isOfDatabase) return error;
  throw error;
}

/** @throws FedgenError why the first could not be worked on, where none could. */
export function refuseAllGone(outcomes: readonly Outcome<unknown>[]): void {
  const errors = outcomes.flatMap((each) => ('error' in each ? [each.error] : []));
  if (errors[0] && errors.length === outcomes.length) throw errors[0];
}

/** Those of several databases that could not be worked on, and why. */
export type Unreached = readonly { readonly database: string; readonly error: FedgenError }[];

/** The databases that could not be worked on. */
export const unreachedOf = (outcomes: readonly Outcome<unknown>[]): Unreached =>
  outcomes.flatMap((each) => ('error' in each ? [{ database: each.name, error: each.error }] : []));

/** A voice for each database. */
export function createRollCall(names: readonly string[]): readonly Voice[] {
  const answers = names.map((): PatternMatches | 'silent' | undefined => undefined);
  const waiting: (() => void)[] = [];
  const say = (database: number, answer: PatternMatches | 'silent'): void => {
    answers[database] ??= answer;
    for (const wake of waiting.splice(0)) wake();
  };
  return names.map((_, database) => ({
    agree: async (matches) => {
      say(database, matches);
      if (isNothing(matches.matched) && isNothing(matches.unmatched)) return;
      while (answers.includes(undefined)) await new Promise<void>((resolve) => waiting.push(resolve));
      refuseUnmatched({ where: names.join(', ') }, knownNowhere(answers));
    },
    leave: () => say(database, 'silent'),
  }));
}

const isNothing = ({ targets, exclude }: Patterns): boolean => targets.length + exclude.length === 0;

/** A database that is down may know a pattern; not an id that another one was asked for, because it belongs there. */
function knownNowhere(answers: readonly (PatternMatches | 'silent' | undefined)[]): Patterns {
  const heard = answers.flatMap((answer) => (answer === undefined || answer === 'silent' ? [] : [answer]));
  const isSilent = heard.length < answers.length;
  const unknown = (kind: keyof Patterns): string[] => {
    const known = new Set(heard.flatMap(({ matched }) => matched[kind]));
    return [...new Set(heard.flatMap(({ unmatched }) => unmatched[kind]))].filter((each) => !known.has(each));
  };
  const targets = unknown('targets').filter((each) => !isSilent || !each.includes('*'));
  return { targets, exclude: isSilent ? [] : unknown('exclude') };
}
