import { textKey } from '../packs/known.js';
import { byteOffsets } from './sql-offsets.js';
import { isComment, scanAll, sqlParser } from './sql-parser.js';

/**
 * Values in rendered text are enclosed in invisible marks until it is known that each stands where its quotes protect:
 * as whole tokens of SQL. `'for {{ name | ident }}'` is harmless for most names and an injection for one with a quote.
 */
const OPEN = '\uE002';
const FAILED = '\uE004';
const CLOSE = '\uE003';
const MARKS = /[\uE002\uE003]/g;
const FAILURE = /\uE004(\d+)\uE003/g;

/** What a filter gives to the template. */
export const markValue = (quoted: string): string => `${OPEN}${quoted}${CLOSE}`;
/** What a filter that refused its value gives, so that the place can be found in the rendered text. */
export const markFailure = (index: number): string => `${FAILED}${index}${CLOSE}`;
/** A value without the marks that another filter gave it. */
export const unmark = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(MARKS, '') : value;
export const isFailure = (value: unknown): value is string =>
  typeof value === 'string' && value.includes(FAILED);

/** Where failures are to be seen in rendered text, in its order. */
export function findFailures(marked: string): { index: number; at: number }[] {
  return [...marked.matchAll(FAILURE)].map((match) => ({ index: Number(match[1]), at: match.index }));
}

/** A value that its quotes do not protect. `at` is its index in the text without marks. */
export interface Misplaced {
  readonly at: number;
  readonly reason: string;
}

interface Region {
  readonly start: number;
  readonly end: number;
}

/** A language that values are put into: how they are quoted, and how its lexer cuts the text around them. */
export interface Dialect {
  readonly name: string;
  /** The filters, one of which every value must pass on its way into SQL. */
  readonly filters: ReadonlyMap<string, (...values: unknown[]) => string>;
  /** Undefined where the text cannot be scanned. */
  readonly scan: (sql: string) => readonly Token[] | undefined;
  /** May what cannot be scanned be valid all the same? Then it is refused here. */
  readonly canParse: (sql: string) => boolean;
}

type Judging = Omit<Dialect, 'filters'>;

/** Rendered SQL without its marks. */
export interface Taken {
  readonly text: string;
  readonly misplaced: readonly Misplaced[];
  /** The text with nothing but the shape of each value: the same for all targets that a template treats alike. */
  readonly skeleton: string;
}

/**
 * Takes out the marks of rendered SQL and finds values in the wrong place. `judged` remembers, by their checksums, the skeletons
 * that were found right, and `seen` remembers them as they are: judging takes longer than rendering, and departments
 * differ in their values only.
 */
export function takeValues(
  marked: string,
  judged: Set<string>,
  seen: Set<string> = new Set(),
  dialect: Judging = POSTGRES,
): Taken {
  const texts: string[] = [];
  const shapes: string[] = [];
  let from = 0;
  for (let open = marked.indexOf(OPEN); open !== -1; open = marked.indexOf(OPEN, from)) {
    const close = marked.indexOf(CLOSE, open);
    if (close === -1) break;
    const value = marked.slice(open + 1, close);
    const between = marked.slice(from, open);
    texts.push(between, value);
    shapes.push(between, shapeOf(value));
    from = close + 1;
  }
  const rest = marked.slice(from);
  const text = texts.join('') + rest;
  const skeleton = shapes.join(OPEN) + OPEN + rest;
  if (seen.has(skeleton)) return { text, misplaced: [], skeleton };
  const key = textKey(dialect.name + skeleton);
  const misplaced = judged.has(key) ? [] : findMisplaced(text, regionsOf(texts), dialect);
  if (misplaced.length > 0) return { text, misplaced, skeleton };
  judged.add(key);
  seen.add(skeleton);
  return { text, misplaced: [], skeleton };
}

/** Where the values stand, which are every second piece of the text. */
function regionsOf(texts: readonly string[]): Region[] {
  let end = 0;
  return texts.flatMap((piece, index) => {
    const start = end;
    end += piece.length;
    return index % 2 === 1 ? [{ start, end }] : [];
  });
}

/** All that the judgement depends on: how a value begins, and what would end a body or a comment around it. */
function shapeOf(value: string): string {
  const known = shapes.get(value);
  if (known !== undefined) return known;
  const shape = [/^\s*E?./.exec(value)?.[0], value.includes('$'), canEndComment(value)].join();
  if (shapes.size >= MOST_SHAPES) shapes.clear();
  shapes.set(value, shape);
  return shape;
}

/** The same few names stand in a script hundreds of times. */
const shapes = new Map<string, string>();
const MOST_SHAPES = 2_000;

const canEndComment = (value: string): boolean => /[\r\n]|\/\*|\*\//.test(value);

function findMisplaced(sql: string, regions: readonly Region[], dialect: Judging): Misplaced[] {
  if (regions.length === 0) return [];
  const scans = new Map<string, readonly Token[] | undefined>();
  const scanOnce: Scan = (text) => {
    if (!scans.has(text)) scans.set(text, dialect.scan(text));
    return scans.get(text);
  };
  const tokens = scanOnce(sql);
  if (tokens !== undefined) return regions.flatMap((region) => judge(sql, tokens, region, scanOnce));
  // What cannot be scanned cannot be parsed either, and the parser says why. If it does parse, it was not judged.
  const reason = 'the text around a value cannot be judged';
  return dialect.canParse(sql) ? regions.map(({ start }) => ({ at: start, reason })) : [];
}

type Scan = (sql: string) => readonly Token[] | undefined;

function judge(sql: string, tokens: readonly Token[], region: Region, scanOnce: Scan): Misplaced[] {
  const touched = tokens.filter((token) => token.start < region.end && token.end > region.start);
  const [around] = touched;
  const isWhole = touched.every((token) => token.start >= region.start && token.end <= region.end);
  if (isWhole && !touched.some((token) => token.isComment)) return [];
  const value = sql.slice(region.start, region.end);
  const no = (reason: string): Misplaced[] => [{ at: region.start, reason }];
  if (touched.length !== 1 || around === undefined) return no('a value runs into the text beside it');
  if (around.isComment) {
    return canEndComment(value) ? no('a value with a line break or comment mark stands in a comment') : [];
  }
  const tag = /^\$[^$]*\$/.exec(sql.slice(around.start, around.end))?.[0];
  if (tag === undefined) return no('a value stands inside other quotes, or runs into the text beside it');
  if (value.includes('$')) return no('a name with a dollar sign stands inside a dollar-quoted body');
  const start = around.start + tag.length;
  const body = sql.slice(start, around.end - tag.length);
  const inner = scanOnce(body);
  if (!inner) return no('a value stands inside a dollar-quoted text that is no SQL');
  const shifted = { start: region.start - start, end: region.end - start };
  return judge(body, inner, shifted, scanOnce).map((each) => ({ ...each, at: each.at + start }));
}

interface Token extends Region {
  readonly isComment: boolean;
}

function scan(sql: string): Token[] | undefined {
  const toIndex = byteOffsets(sql);
  try {
    return scanAll(sql).map((token) => ({
      start: toIndex(token.start),
      end: toIndex(token.end),
      isComment: isComment(token),
    }));
  } catch {
    return undefined;
  }
}

function canParse(sql: string): boolean {
  try {
    sqlParser().parseSync(sql);
    return true;
  } catch {
    return false;
  }
}

const POSTGRES: Judging = { name: '', scan, canParse };
