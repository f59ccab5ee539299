import { randomBytes } from 'node:crypto';
import type { SplitSql } from '../../render/clickhouse/scripts.js';
import { ident } from '../../render/filters.js';
import type { Finding } from '../../validate/model.js';
import type { ClickHouseSession } from '../session.js';
import { readTables, ttlOf } from './tables.js';

/** Something in a database and what it is like, as texts by aspect. */
interface Fact {
  /** `table events`, `column events.tenant_id`. */
  readonly key: string;
  readonly aspects: Readonly<Record<string, string>>;
  /** SQL that makes it; undefined where only a script can. */
  readonly remedy: string | undefined;
}

/** A name for a database that lives for the time of a comparison. */
export const scratchName = (): string => `fedgen_scratch_${randomBytes(6).toString('hex')}`;

/**
 * Makes the tables of the scripts in a database of their own, and compares: so the server itself says what is expected.
 * The scratch database goes whatever happens.
 */
export async function compareWithScratch(
  session: ClickHouseSession,
  scratch: { readonly name: string; readonly onCluster: string; readonly scripts: readonly SplitSql[] },
  database: string,
): Promise<{ readonly findings: Finding[]; readonly compared: number }> {
  const { name, onCluster, scripts } = scratch;
  try {
    for (const { statements } of scripts) for (const { text } of statements) await session.run(text);
    const expected = await readFacts(session, name, database);
    const found = await readFacts(session, database, database);
    return { findings: compareFacts(expected, found, database), compared: found.length };
  } finally {
    await session.run(`drop database if exists ${ident(name)}${onCluster} sync`).catch(() => undefined);
  }
}

/** Everything in `database`, as if it were called `name`. */
async function readFacts(session: ClickHouseSession, database: string, name: string): Promise<Fact[]> {
  const renamed = (text: string): string => text.replaceAll(database, name);
  const tables = await readTables(session, database);
  const columns = await session.rows<
    Record<'table' | 'name' | 'type' | 'kind' | 'expression' | 'codec', string>
  >(
    `select table, name, type, default_kind as kind, default_expression as expression, compression_codec as codec
       from system.columns where database = {database:String} order by table, position`,
    { database },
  );
  const indexes = await session.rows<Record<'table' | 'name' | 'type' | 'expr' | 'granularity', string>>(
    `select table, name, type_full as type, expr, toString(granularity) as granularity
       from system.data_skipping_indices where database = {database:String} order by table, name`,
    { database },
  );
  return [
    ...tables.map(({ name: table, engineFull, ...rest }) => ({
      key: `table ${name}.${table}`,
      aspects: {
        engine: rest.engine,
        'partition key': rest.partitionKey,
        'primary key': rest.primaryKey,
        'sorting key': rest.sortingKey,
        TTL: ttlOf(engineFull),
        settings: renamed(/ SETTINGS (.*)$/.exec(engineFull)?.[1] ?? ''),
        parameters: renamed(/^\w+\((.*?)\)/.exec(engineFull)?.[1] ?? ''),
        comment: rest.comment,
      },
      remedy: undefined,
    })),
    ...columns.map(({ table, name: column, type, kind, expression, codec }) => ({
      key: `column ${name}.${table}.${column}`,
      aspects: { type, default: `${kind} ${expression}`.trim(), codec },
      remedy:
        `alter table ${name}.${table} add column if not exists ${column} ${type} ${kind} ${expression} ${codec}`
          .replace(/\s+/g, ' ')
          .trim(),
    })),
    ...indexes.map(({ table, name: index, type, expr, granularity }) => ({
      key: `index ${name}.${table}.${index}`,
      aspects: { type, expression: expr, granularity },
      remedy: `alter table ${name}.${table} add index if not exists ${index} ${expr} type ${type} granularity ${granularity}`,
    })),
  ];
}

function compareFacts(expected: readonly Fact[], found: readonly Fact[], database: string): Finding[] {
  const known = new Map(found.map((fact) => [fact.key, fact]));
  const wanted = new Set(expected.map(({ key }) => key));
  const missing = expected.filter(({ key }) => !known.has(key));
  const gone = new Set(missing.map(({ key }) => key));
  const parentOf = (key: string): string => key.replace(/^(?:column|index) (.*)\.[^.]*$/, 'table $1');
  return [
    ...missing
      .filter(({ key }) => key.startsWith('table') || !gone.has(parentOf(key)))
      .map(({ key, remedy }) =>
        finding(key, `${key} is missing`, remedy ?? 'Roll the pack back and apply it again.'),
      ),
    ...expected.flatMap((fact) => differences(fact, known.get(fact.key))),
    ...found
      .filter(({ key }) => !wanted.has(key) && (key.startsWith('table') || wanted.has(parentOf(key))))
      .map(({ key }) => ({
        ...finding(
          key,
          `nobody rendered ${key}`,
          `Remove it, or bring it by a script of the pack (database ${database}).`,
        ),
        severity: 'warning' as const,
      })),
  ];
}

function differences(expected: Fact, found: Fact | undefined): Finding[] {
  if (!found) return [];
  return Object.entries(expected.aspects)
    .filter(([aspect, value]) => found.aspects[aspect] !== value)
    .map(([aspect, value]) =>
      finding(
        expected.key,
        `${aspect} of ${expected.key} is "${found.aspects[aspect] ?? ''}", and the scripts make "${value}"`,
        remedyOf(expected.key, aspect, value),
      ),
    );
}

/** How a single aspect is put back. */
function remedyOf(key: string, aspect: string, value: string): string {
  const name = key.replace(/^\w+ /, '');
  if (aspect === 'TTL')
    return value === '' ? `alter table ${name} remove ttl` : `alter table ${name} modify ttl ${value}`;
  if (aspect === 'comment') return `alter table ${name} modify comment '${value}'`;
  if (key.startsWith('column') && aspect === 'type') {
    const column = name.split('.').at(-1) ?? '';
    return `alter table ${name.split('.').slice(0, -1).join('.')} modify column ${column} ${value}`;
  }
  return 'Roll the pack back to the script that makes it, and apply it again.';
}

const finding = (key: string, message: string, remedy: string): Finding => ({
  object: key.replace(/^\w+ /, ''),
  severity: 'error',
  isolation: false,
  message,
  remedy,
});
