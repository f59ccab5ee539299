import { createHash } from 'node:crypto';
import { FedgenError } from '../shared/errors.js';
import { matchesGlob } from '../shared/glob.js';

/** Part `index` of `count`: each target is in exactly one part, whatever the others are. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Which targets are meant, by their ids. */
export interface IdSelection {
  /** Every one. */
  readonly all?: boolean | undefined;
  /** Ids; `*` in them stands for any run of characters. */
  readonly targets?: readonly string[] | undefined;
  /** Ids or patterns that are left out, whoever names them. */
  readonly exclude?: readonly string[] | undefined;
  /** Names of groups of the configuration. */
  readonly groups?: readonly string[] | undefined;
  readonly shard?: Shard | undefined;
}

/** Groups of targets by name, as patterns of ids. */
export type Groups = Readonly<Record<string, readonly string[]>>;

/** Is anything said about which targets are meant? */
export const isSelected = (selection: IdSelection): boolean =>
  selection.all === true ||
  (selection.targets ?? []).length > 0 ||
  (selection.groups ?? []).length > 0 ||
  selection.shard !== undefined;

/** The patterns that must match something: a group may be empty, what a person typed may not. */
const patternsOf = (selection: IdSelection, groups: Groups): readonly string[] => {
  const named = (selection.groups ?? []).flatMap((name) => groups[name] ?? []);
  const given = [...(selection.targets ?? []), ...named];
  return given.length > 0 ? given : ['*'];
};

/**
 * The chosen of some ids, in their order. Pure.
 * @throws FedgenError E_USAGE for an unknown group.
 */
export function selectIds(
  ids: readonly string[],
  selection: IdSelection,
  groups: Groups = {},
): readonly string[] {
  refuseUnknownGroups(selection.groups ?? [], groups);
  const patterns = patternsOf(selection, groups);
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*'));
  const isMeant = (id: string): boolean => exact.has(id) || globs.some((glob) => matchesGlob(glob, id));
  const isExcluded = (id: string): boolean =>
    (selection.exclude ?? []).some((pattern) => matchesGlob(pattern, id));
  const isHere = (id: string): boolean => selection.shard === undefined || isInShard(id, selection.shard);
  return ids.filter((id) => isMeant(id) && !isExcluded(id) && isHere(id));
}

/** Ids and patterns that a person typed. */
export type Patterns = Readonly<Record<'targets' | 'exclude', readonly string[]>>;

/** Which of them name something. */
export interface PatternMatches {
  readonly matched: Patterns;
  readonly unmatched: Patterns;
}

/** Which ids and patterns of a selection name any of some ids: those that name none are mistyped. Pure. */
export function matchPatterns(
  ids: readonly string[],
  { targets = [], exclude = [] }: Pick<IdSelection, 'targets' | 'exclude'>,
): PatternMatches {
  const known = new Set(ids);
  const isMatched = (pattern: string): boolean =>
    pattern === '*' ||
    (pattern.includes('*') ? ids.some((id) => matchesGlob(pattern, id)) : known.has(pattern));
  const isUnmatched = (pattern: string): boolean => !isMatched(pattern);
  return {
    matched: { targets: targets.filter(isMatched), exclude: exclude.filter(isMatched) },
    unmatched: { targets: targets.filter(isUnmatched), exclude: exclude.filter(isUnmatched) },
  };
}

/** By a checksum of the id alone: a target stays in its part when others come and go. */
const isInShard = (id: string, { index, count }: Shard): boolean =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % count === index - 1;

/** `2/4`: the second of four parts. @throws FedgenError E_USAGE. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (index !== undefined && shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new FedgenError('E_USAGE', `"${text}" is no part of a fleet`, {
    hint: 'Write --shard 1/4 to --shard 4/4, one for each of four runners.',
  });
}

function refuseUnknownGroups(names: readonly string[], groups: Groups): void {
  const unknown = names.filter((name) => !Object.hasOwn(groups, name));
  if (unknown.length === 0) return;
  throw new FedgenError('E_USAGE', `there is no group named ${unknown.join(', ')}`, {
    hint: `Groups of the configuration: ${Object.keys(groups).join(', ') || 'none'}.`,
    details: { unknown },
  });
}

/**
 * The waves in which targets are worked on: group by group in the order of the configuration, then those of no group. Each
 * target is in the first group that names it. Pure.
 */
export function planWaves<T extends { readonly id: string }>(
  targets: readonly T[],
  groups: Groups,
): { readonly name: string; readonly targets: readonly T[] }[] {
  const waves = new Map<string, T[]>([...Object.keys(groups), ''].map((name) => [name, []]));
  const waveOf = (id: string): string =>
    Object.entries(groups).find(([, patterns]) => patterns.some((glob) => matchesGlob(glob, id)))?.[0] ?? '';
  for (const target of targets) waves.get(waveOf(target.id))?.push(target);
  return [...waves].filter(([, some]) => some.length > 0).map(([name, some]) => ({ name, targets: some }));
}
