import type { RelationFact, TypeFact } from '../relations.js';
import { expressionsOf, variantsOf, type Draft } from './draft.js';
import type { PlantingAnswer } from './plant.js';

/** A draft under repair. */
export interface Work {
  readonly draft: Draft;
  /** The choices that the next attempt tries, in this order. */
  variants: readonly (readonly number[])[];
  /** Failures that variants are meant to get past: `SQLSTATE constraint`. */
  goOn: readonly string[];
  /** Columns that are being varied. */
  tied: readonly string[];
  freshSeeds: number;
  /** The failure that variants are meant to get past. */
  cause: PlantingAnswer | undefined;
}

/** What a CHECK may raise when it computes with a value that it is not made for; the next one may do. */
const NOT_COMPUTED = ['22001', '22003', '22007', '22008', '22012', '22023', '2202E', '22P02', '2201B'].map(
  (state) => `${state} `,
);

/** Variants that are tried of one constraint. */
const MOST_VARIANTS = 300;
/** New seeds before a taken key is taken for one of few values. */
const MOST_SEEDS = 2;

export const startWork = (draft: Draft): Work => ({
  draft,
  variants: [draft.columns.map((column) => column.choice)],
  goOn: [],
  tied: [],
  freshSeeds: 0,
  cause: undefined,
});

/** Makes a variant the draft's choice. */
export function choose({ draft }: Work, variant: readonly number[] | undefined): void {
  variant?.forEach((choice, n) => {
    const column = draft.columns[n];
    if (column) column.choice = choice;
  });
}

/** Expressions of a variant. */
export function givenBy(work: Work, variant: readonly number[]): Map<string, string> {
  const before = work.draft.columns.map((column) => column.choice);
  choose(work, variant);
  const given = expressionsOf(work.draft);
  choose(work, before);
  return given;
}

/**
 * Plans the next attempt from the fields of the error, never from its text.
 * @returns false when this failure offers nothing more to try.
 */
export function repair(work: Work, answer: PlantingAnswer, types: ReadonlyMap<number, TypeFact>): boolean {
  const failure = `${answer.state} ${answer.constraint}`;
  const isExhausted = work.goOn.includes(failure) && answer.at >= work.variants.length - 1;
  if (isExhausted) return false;
  choose(work, work.variants[answer.at]);
  if (isTaken(answer.state) && work.freshSeeds < MOST_SEEDS) {
    work.freshSeeds += 1;
    work.draft.seed += 1;
    work.variants = [work.draft.columns.map((column) => column.choice)];
    return true;
  }
  const columns = columnsOf(work.draft.relation, answer, types);
  if (columns.length === 0) return false;
  const overlaps = columns.some((name) => work.tied.includes(name));
  work.tied = overlaps ? [...new Set([...work.tied, ...columns])] : columns;
  work.goOn = overlaps ? [...work.goOn, failure] : [...NOT_COMPUTED, failure];
  work.cause = answer;
  work.variants = variantsOf(work.draft, work.tied, MOST_VARIANTS);
  return work.variants.length > 0;
}

const isTaken = (state: string): boolean => state === '23505' || state === '23P01';

/** The columns that a failure is about. */
function columnsOf(
  relation: RelationFact,
  answer: PlantingAnswer,
  types: ReadonlyMap<number, TypeFact>,
): readonly string[] {
  if (answer.column !== '') return [answer.column];
  const key = relation.keys.find((each) => each.name === answer.constraint);
  if (key && /^23/.test(answer.state)) return key.columns;
  const ofDomain = relation.columns.filter((column) => {
    const own = types.get(column.type);
    const type = own?.element ? types.get(own.element) : own;
    return (
      type?.kind === 'd' &&
      (type.name.split('.').at(-1) === answer.type ||
        type.checks.some((check) => check.name === answer.constraint))
    );
  });
  if (ofDomain.length > 0 || !answer.state.startsWith('22')) return ofDomain.map((column) => column.name);
  // Some CHECK stumbled over a value, and the server does not say which.
  return relation.keys.filter(({ kind }) => kind === 'c').flatMap((each) => each.columns);
}
