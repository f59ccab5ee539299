import { quoteLiteral } from '../../../render/quote.js';
import { castName, type TypeFact } from '../relations.js';
import { hintsOf, lengthsOf, textsFrom, type Hints } from './hints.js';
import { uuidOf, type Seed } from './seed.js';

/** What a value is made for. */
export interface Wanted {
  readonly types: ReadonlyMap<number, TypeFact>;
  readonly seed: Seed;
  /** Definitions of the CHECKs that speak of it. */
  readonly checks: readonly string[];
}

type Maker = (seed: Seed, modifier: number, hints: Hints) => string[];

const quoted = (values: readonly string[]): string[] => values.map((value) => quoteLiteral(value));
const fixed =
  (...values: string[]): Maker =>
  () =>
    quoted(values);

/** The longest text that a type with this modifier holds: 4 bytes of it are a header. */
const lengthOf = (modifier: number): number => (modifier > 4 ? modifier - 4 : Infinity);

const texts: Maker = (seed, modifier, hints) => {
  const length = lengthOf(modifier);
  const cut = (text: string): string => (text.length <= length ? text : text.slice(-length));
  const { first, later } = textsFrom(hints, seed.token);
  return quoted([...first, seed.token, ...later].map(cut));
};

const integers =
  (most: number): Maker =>
  (seed, _modifier, hints) => {
    const near = [...hints.numbers.flatMap((n) => [n, n + 1, n - 1]), ...between(hints)].filter(
      Number.isInteger,
    );
    return [...near, 1, seed.number % most, 0, -1].map(String);
  };

/** The middle between each two bounds. */
const between = ({ numbers }: Hints): number[] => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.slice(1).map((n, i) => (n + (sorted[i] ?? n)) / 2);
};

const numerics: Maker = (seed, modifier, hints) => {
  const digits = modifier > 4 ? ((modifier - 4) >> 16) - ((modifier - 4) & 0x7ff) : 100;
  const near = [...hints.numbers.flatMap((n) => [n, n + 1, n - 1, n + 0.5, n / 2]), ...between(hints)];
  return [...near, 1, digits >= 9 ? seed.number : seed.number % 10 ** Math.max(digits, 0), 0, 0.5, -1].map(
    String,
  );
};

const times =
  (type: string): Maker =>
  (seed, _modifier, hints) => {
    const near = hints.texts
      .filter((text) => /^\d{4}-\d\d-\d\d/.test(text))
      .flatMap((text) =>
        [0, 1, -1].map((n) => `(timestamptz ${quoteLiteral(text)} + interval '${n} day')::${type}`),
      );
    const unit = type === 'date' ? 'days' : 'minutes';
    const own = seed.number % 100_000;
    const shifted = [0, 1440, -1440].map(
      (n) => `(current_timestamp + interval '${n + own} ${unit}')::${type}`,
    );
    return [`current_timestamp::${type}`, ...shifted, ...near, `'2000-01-01'::${type}`];
  };

const json: Maker = (seed, _modifier, { texts: keys }) => {
  const filled = ['1', '[]', '{}', 'true'].map((value) => objectOf(seed, keys, value));
  const plain = [`["${seed.token}"]`, `"${seed.token}"`, '{}', '[]', '1', 'true'];
  return quoted([objectOf(seed, keys, JSON.stringify(seed.token)), ...plain, ...filled]);
};

/** An object with the token in it, and every text of the CHECKs as a key. */
const objectOf = ({ token }: Seed, keys: readonly string[], value: string): string =>
  `{${[`"fedgen": "${token}"`, ...keys.map((key) => `${JSON.stringify(key)}: ${value}`)].join(', ')}}`;

const bytes: Maker = ({ token }, _modifier, hints) => {
  const own = Buffer.from(token);
  const sized = lengthsOf(hints).map((length) =>
    Buffer.concat([own, Buffer.alloc(length)]).subarray(0, length),
  );
  return [own, ...sized, Buffer.alloc(0)].map((value) => quoteLiteral(`\\x${value.toString('hex')}`));
};
const bits: Maker = (_seed, modifier) => [`B'${'0'.repeat(Math.max(1, modifier))}'`];
const vectors: Maker = (_seed, modifier) => [
  quoteLiteral(`[${new Array(Math.max(1, modifier)).fill('1').join(',')}]`),
];

/** Values by type name, as format_type writes it without a length. The first ones carry the token where they can. */
const BY_TYPE: Readonly<Record<string, Maker>> = {
  text: texts,
  'character varying': texts,
  character: texts,
  bpchar: texts,
  citext: texts,
  name: (seed) => quoted([seed.token]),
  '"char"': fixed('a', 'b'),
  smallint: integers(30_000),
  integer: integers(2 ** 31),
  bigint: integers(2 ** 53),
  numeric: numerics,
  real: (seed, _modifier, hints) => numerics(seed, -1, hints),
  'double precision': (seed, _modifier, hints) => numerics(seed, -1, hints),
  money: (seed, _modifier, hints) => numerics(seed, -1, hints).map((n) => `(${n})::numeric::money`),
  oid: integers(2 ** 31),
  boolean: () => ['true', 'false'],
  uuid: (seed) => [quoteLiteral(uuidOf(seed))],
  json,
  jsonb: json,
  jsonpath: fixed('$'),
  bytea: bytes,
  date: times('date'),
  'timestamp without time zone': times('timestamp'),
  'timestamp with time zone': times('timestamptz'),
  'time without time zone': () => [`'12:00'`, `'00:00'`],
  'time with time zone': () => [`'12:00+00'`, `'00:00+00'`],
  interval: fixed('1 hour', '1 day', '0', '1 year'),
  inet: (seed) => quoted([`10.${seed.number % 256}.${(seed.number >> 8) % 256}.1`, '::1']),
  cidr: (seed) => quoted([`10.${seed.number % 256}.${(seed.number >> 8) % 256}.0/24`, '::/0']),
  macaddr: fixed('08:00:2b:01:02:03'),
  macaddr8: fixed('08:00:2b:01:02:03:04:05'),
  bit: bits,
  'bit varying': () => [`B'0'`],
  xml: (seed) => [`xml ${quoteLiteral(`<fedgen>${seed.token}</fedgen>`)}`, `xml ''`],
  tsvector: (seed) => quoted([seed.token, '']),
  tsquery: (seed) => quoted([seed.token]),
  point: fixed('(0,0)', '(1,2)'),
  line: fixed('{1,1,0}'),
  lseg: fixed('[(0,0),(1,1)]'),
  box: fixed('(1,1),(0,0)'),
  path: fixed('((0,0),(1,1))'),
  polygon: fixed('((0,0),(1,1),(1,0))'),
  circle: fixed('<(0,0),1>'),
  pg_lsn: fixed('0/0'),
  pg_snapshot: fixed('1:1:'),
  txid_snapshot: fixed('1:1:'),
  regclass: fixed('pg_catalog.pg_class'),
  regtype: fixed('pg_catalog.int4'),
  regrole: () => ['current_user::regrole'],
  hstore: (seed) => quoted([`fedgen=>${seed.token}`, '']),
  ltree: (seed) => quoted([seed.token]),
  vector: vectors,
  halfvec: vectors,
  geometry: fixed('POINT(0 0)'),
  geography: fixed('POINT(0 0)'),
};

/**
 * SQL expressions that a column of this type may take, the likeliest first; none when the type is unknown. Their number
 * and order do not depend on the seed.
 */
export function valuesFor(type: number, modifier: number, wanted: Wanted): string[] {
  const fact = wanted.types.get(type);
  if (!fact) return [];
  const hints = hintsOf([...wanted.checks, ...fact.checks.map((check) => check.definition)]);
  if (fact.kind === 'd') {
    const checks = [...wanted.checks, ...fact.checks.map((check) => check.definition)];
    return valuesFor(fact.base, fact.baseModifier, { ...wanted, checks });
  }
  if (fact.kind === 'e') return quoted(inHintsFirst(fact.labels, hints));
  if (fact.kind === 'r') return ranges(fact, wanted);
  if (fact.kind === 'm') return [`'{}'`];
  if (fact.kind === 'c')
    return [composite(fact, wanted), quoteLiteral(`(${','.repeat(fact.attributes.length - 1)})`)];
  if (fact.element !== 0) return arrays(fact, modifier, wanted, hints);
  const name = fact.name.split('.').at(-1) ?? '';
  return BY_TYPE[name]?.(wanted.seed, modifier, hints) ?? [];
}

const inHintsFirst = (labels: readonly string[], hints: Hints): string[] => [
  ...labels.filter((label) => hints.texts.includes(label)),
  ...labels.filter((label) => !hints.texts.includes(label)),
];

/** Ranges of an hour, or of five: those of two seeds do not overlap, as exclusion constraints want it. */
function ranges(fact: TypeFact, { seed }: Wanted): string[] {
  const start = seed.number * 10;
  const own: Readonly<Record<string, string>> = {
    int4range: `int4range(${start % 2_000_000_000}, ${(start % 2_000_000_000) + 5})`,
    int8range: `int8range(${start}, ${start + 5})`,
    numrange: `numrange(${start}, ${start + 5})`,
    daterange: `daterange(date '2000-01-01' + ${start % 2_000_000}, date '2000-01-01' + ${(start % 2_000_000) + 5})`,
    tsrange: `tsrange(timestamp '2000-01-01' + ${start} * interval '1 second', timestamp '2000-01-01' + ${start + 5} * interval '1 second')`,
    tstzrange: `tstzrange(timestamptz '2000-01-01 00:00+00' + ${start} * interval '1 second', timestamptz '2000-01-01 00:00+00' + ${start + 5} * interval '1 second')`,
  };
  const made = own[fact.name];
  return [...(made === undefined ? [] : [made]), `'empty'`, `'(,)'`];
}

function composite(fact: TypeFact, wanted: Wanted): string {
  const parts = fact.attributes.map((type) => {
    const [first] = valuesFor(type, -1, { ...wanted, checks: [] });
    return first === undefined ? 'null' : `(${first})::${castName(wanted.types.get(type))}`;
  });
  return `row(${parts.join(', ')})::${fact.name}`;
}

function arrays(fact: TypeFact, modifier: number, wanted: Wanted, hints: Hints): string[] {
  const element = wanted.types.get(fact.element);
  if (!element) return [`'{}'`];
  const cast = (values: readonly string[]): string[] =>
    values.map((value) => `(${value})::${castName(element)}`);
  const elements = cast(valuesFor(fact.element, modifier, wanted));
  const lengths = [...new Set([1, ...hints.numbers])].filter(
    (n) => Number.isInteger(n) && n > 0 && n <= 5000,
  );
  const filled = elements
    .slice(0, 4)
    .flatMap((value) => lengths.map((n) => `array_fill(${value}, array[${n}])::${fact.name}`));
  return [...filled, `'{}'`];
}
