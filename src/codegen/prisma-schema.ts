import type { Pack } from '../packs/pack.js';
import type { Target } from '../plan/target.js';
import type { Column, ForeignKey, Index, Table } from './model.js';
import { typeName } from './names.js';

/** Prisma's types with the native ones that keep the column as it is; others are unsupported, and only left alone. */
const TYPES: Readonly<Record<string, readonly [type: string, native?: string]>> = {
  bool: ['Boolean'],
  int2: ['Int', 'SmallInt'],
  int4: ['Int'],
  int8: ['BigInt'],
  float4: ['Float', 'Real'],
  float8: ['Float'],
  numeric: ['Decimal', 'Decimal'],
  text: ['String'],
  varchar: ['String', 'VarChar'],
  bpchar: ['String', 'Char'],
  citext: ['String', 'Citext'],
  uuid: ['String', 'Uuid'],
  inet: ['String', 'Inet'],
  xml: ['String', 'Xml'],
  date: ['DateTime', 'Date'],
  time: ['DateTime', 'Time'],
  timestamp: ['DateTime', 'Timestamp'],
  timestamptz: ['DateTime', 'Timestamptz'],
  json: ['Json', 'Json'],
  jsonb: ['Json'],
  bytea: ['Bytes'],
};
const TEMPORAL = new Set(['time', 'timestamp', 'timestamptz']);

/**
 * A schema for Prisma 7 with adapter-pg. Views are left out. Departments have the same tables in schemas of their own, so theirs
 * names none: the adapter's option `schema` does.
 */
export function prismaSchema(pack: Pack, target: Target, all: readonly Table[]): string {
  const tables = all.filter(({ kind }) => kind === 'table');
  const isShared = target.kind === 'shared';
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  const models = tables.map((table) => model(table, { tables, main: target.schema, isShared }));
  return `// Written by "fedgen generate --prisma" for pack ${pack.name}: to be written again, not to be edited.
// fedgen makes and changes the tables; "prisma migrate" and "prisma db push" must not.
generator client {
  provider = "prisma-client"
  output   = "./prisma-client"
}

datasource db {
  provider = "postgresql"
${isShared ? `  schemas  = [${schemas.map(quote).join(', ')}]\n` : ''}}

${models.join('\n')}`;
}

interface World {
  readonly tables: readonly Table[];
  readonly main: string;
  readonly isShared: boolean;
}

function model(table: Table, world: World): string {
  const fields = table.columns.map((column) => field(column, table));
  const lines = [
    ...fields,
    ...table.foreignKeys.flatMap((key) => relation(table, key, world)),
    ...backRelations(table, world),
    '',
    ...keys(table),
    `@@map(${quote(table.name)})`,
    ...(world.isShared ? [`@@schema(${quote(table.schema)})`] : []),
  ];
  const comment = table.comment === undefined ? '' : `/// ${table.comment.replaceAll(/\s+/g, ' ')}\n`;
  // A model needs a key by which its rows are told apart.
  const ignored = table.primaryKey || table.uniques.length > 0 ? [] : ['@@ignore'];
  const body = [...lines, ...ignored].map((line) => (line === '' ? '' : `  ${line}`)).join('\n');
  return `${comment}model ${typeName(table, world.main)} {\n${body}\n}\n`;
}

function field(column: Column, table: Table): string {
  const [type, native] = prismaType(column);
  const sign = column.isArray ? '[]' : column.nullable ? '?' : '';
  return [column.name, `${type}${sign}`, isOnly(table.primaryKey, column) && '@id', filledBy(column), native]
    .filter((part) => typeof part === 'string')
    .join(' ');
}

const isOnly = (key: Index | undefined, { name }: Column): boolean =>
  key?.columns.length === 1 && key.columns[0] === name;

function prismaType({ type = '', typeArguments }: Column): [type: string, native: string | undefined] {
  const known = TYPES[type];
  if (!known) return [`Unsupported(${quote(type)})`, undefined];
  const [name, native] = known;
  if (native === undefined) return [name, undefined];
  const precision = TEMPORAL.has(type) && typeArguments.length === 0 ? [6] : typeArguments;
  return [name, `@db.${native}${precision.length > 0 ? `(${precision.join(', ')})` : ''}`];
}

/** What makes a column one that need not be given; what the server works out stays the server's. */
function filledBy({ default: given, generated, type = '', isArray }: Column): string | undefined {
  if (generated === 'default' && /^int[248]$/.test(type)) return '@default(autoincrement())';
  if (generated) return '@default(dbgenerated())';
  if (!given) return undefined;
  if (given.kind === 'now' && type.startsWith('timestamp')) return '@default(now())';
  const isPlain =
    given.kind === 'literal' && !isArray && ['bool', 'int2', 'int4', 'text', 'varchar'].includes(type);
  return isPlain ? `@default(${JSON.stringify(given.value)})` : '@default(dbgenerated())';
}

const list = (names: readonly string[]): string => `[${names.join(', ')}]`;

function keys({ primaryKey, uniques, indexes }: Table): string[] {
  const single = primaryKey?.columns.length === 1;
  return [
    ...(primaryKey && !single ? [`@@id(${list(primaryKey.columns)}, map: ${quote(primaryKey.name)})`] : []),
    ...uniques.map(({ name, columns }) => `@@unique(${list(columns)}, map: ${quote(name)})`),
    ...indexes.map(({ name, columns }) => `@@index(${list(columns)}, map: ${quote(name)})`),
  ];
}

/** The field of a foreign key on the side that has it. */
function relation(table: Table, key: ForeignKey, { tables, main }: World): string[] {
  const target = targetOf(key, tables);
  if (!target) return [];
  const references = key.targetColumns.length > 0 ? key.targetColumns : (target.primaryKey?.columns ?? []);
  const isOptional = table.columns.some(({ name, nullable }) => nullable && key.columns.includes(name));
  const options = [
    quote(key.name),
    `fields: ${list(key.columns)}`,
    `references: ${list(references)}`,
    `onDelete: ${key.onDelete}`,
    `onUpdate: ${key.onUpdate}`,
    `map: ${quote(key.name)}`,
  ];
  return [
    `${relationField(table, key.name)} ${typeName(target, main)}${isOptional ? '?' : ''} @relation(${options.join(', ')})`,
  ];
}

/** The fields of the foreign keys that point here. */
const backRelations = (target: Table, { tables, main }: World): string[] =>
  tables.flatMap((table) =>
    table.foreignKeys
      .filter((key) => targetOf(key, tables) === target)
      .map((key) => {
        const isOne = [table.primaryKey, ...table.uniques].some(
          (unique) => unique !== undefined && isSame(unique.columns, key.columns),
        );
        const name = relationField(target, table === target ? `${key.name}_back` : key.name);
        return `${name} ${typeName(table, main)}${isOne ? '?' : '[]'} @relation(${quote(key.name)})`;
      }),
  );

const targetOf = (key: ForeignKey, tables: readonly Table[]): Table | undefined =>
  tables.find(({ schema, name }) => `${schema}.${name}` === key.target);

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name) => other.includes(name));

/** Names of constraints are told apart within a schema already; none may be that of a column. */
const relationField = (table: Table, name: string): string =>
  table.columns.some((column) => column.name === name) ? `${name}_relation` : name;

const quote = (text: string): string => JSON.stringify(text);
