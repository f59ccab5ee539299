import type { Pack, TableScope } from '../packs/pack.js';
import type { Target } from '../plan/target.js';
import type { Column, Table } from './model.js';
import { camel, pascal, typeName } from './names.js';

/** Types that columns are made of; a file has those that it needs. */
const HELPERS: Readonly<Record<string, string>> = {
  Defaulted:
    'type Defaulted<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;',
  ReadOnly:
    'type ReadOnly<T> = T extends ColumnType<infer S, infer _I, infer _U> ? ColumnType<S, never, never> : ColumnType<T, never, never>;',
  Tenant:
    '/** Filled in; never changes. */\ntype Tenant<T extends string | null> = ColumnType<T, string | undefined, never>;',
  Timestamp: 'type Timestamp = ColumnType<Date, Date | string, Date | string>;',
  Numeric:
    '/** Read as text: it may have more digits than a number of JavaScript. */\ntype Numeric = ColumnType<string, string | number, string | number>;',
  Int8: 'type Int8 = ColumnType<string, string | number | bigint, string | number | bigint>;',
  Json: 'type JsonInput = string | number | boolean | object;\ntype Json = ColumnType<unknown, JsonInput, JsonInput>;',
  Interval: 'type Interval = ColumnType<object, string, string>;',
};

/** Types as pg gives and takes them with its own parsers; all others are texts. */
const TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'Int8',
  oid: 'number',
  float4: 'number',
  float8: 'number',
  numeric: 'Numeric',
  date: 'Timestamp',
  timestamp: 'Timestamp',
  timestamptz: 'Timestamp',
  json: 'Json',
  jsonb: 'Json',
  bytea: 'Buffer',
  interval: 'Interval',
};
/** Arrays of these are read in another way than they are written. */
const ARRAYS: Readonly<Record<string, string>> = {
  Numeric: 'string',
  Int8: 'string',
  Timestamp: 'Date',
  Json: 'object',
  Interval: 'object',
};

/**
 * TypeScript for Kysely and the tenant client: an interface per table, the database, and what the second layer must know of
 * the pack. Views that show no tenant are left out, since they cannot be kept to one.
 */
export function kyselyTypes(pack: Pack, target: Target, tables: readonly Table[]): string {
  const scopes = tables.flatMap((table) => {
    const scope = scopeOf(pack, target, table);
    return scope ? [{ table, scope, key: keyOf(target, table) }] : [];
  });
  const entries = scopes.map(({ table, key }) => `  '${key}': ${typeName(table, target.schema)};`);
  const interfaces = scopes
    .map(({ table, scope }) => interfaceOf(table, pack.tenantColumn.name, scope, target))
    .join('\n');
  const helpers = Object.entries(HELPERS).filter(([name]) => new RegExp(`\\b${name}\\b`).test(interfaces));
  return `// Written by "fedgen generate --types" for pack ${pack.name}: to be written again, not to be edited.
import type { ColumnType } from 'kysely';
import type { PackTables } from 'fedgen/client/kysely';

${helpers.map(([, text]) => `${text}\n`).join('')}
${interfaces}
/** The tables and views of pack ${pack.name}, for Kysely. */
export interface ${pascal(pack.name)}Database {
${entries.join('\n')}
}

/** What createTenantDb has to know of pack ${pack.name}. */
export const ${camel(pack.name)}Pack: PackTables = {
  pack: '${pack.family}',
  tenancy: '${pack.tenancy}',
  tenantColumn: '${pack.tenantColumn.name}',
  tables: {
${scopes.map(({ key, scope }) => `    '${key}': '${scope}',`).join('\n')}
  },
};
`;
}

/** Whose rows they are, as the pack says of its tables, and as the columns of a view tell. */
function scopeOf(pack: Pack, target: Target, table: Table): TableScope | undefined {
  const contract = pack.tables.find(
    ({ name, schema }) => name === table.name && (schema ?? target.schema) === table.schema,
  );
  if (contract) return contract.scope;
  const column = table.columns.find(({ name }) => name === pack.tenantColumn.name);
  return column && (column.nullable ? 'mixed' : 'tenant');
}

/** Departments have the same tables in schemas of their own, so theirs go by their bare names. */
const keyOf = (target: Target, { schema, name }: Table): string =>
  target.kind === 'department' ? name : `${schema}.${name}`;

function interfaceOf(table: Table, tenantColumn: string, scope: TableScope, target: Target): string {
  const lines = table.columns.map((column) => {
    const isTenant = column.name === tenantColumn && table.kind === 'table';
    const type = isTenant ? `Tenant<${scope === 'mixed' ? 'string | null' : 'string'}>` : columnType(column);
    return `  ${/^[A-Za-z_]\w*$/.test(column.name) ? column.name : JSON.stringify(column.name)}: ${type};`;
  });
  const comment = table.comment === undefined ? '' : `/** ${table.comment.replaceAll('*/', '* /')} */\n`;
  return `${comment}export interface ${typeName(table, target.schema)} {\n${lines.join('\n')}\n}\n`;
}

function columnType(column: Column): string {
  const plain = column.type === undefined ? 'unknown' : (TYPES[column.type] ?? 'string');
  const one = column.isArray ? `${ARRAYS[plain] ?? plain}[]` : plain;
  const type = column.nullable && one !== 'unknown' ? `${one} | null` : one;
  if (column.generated === 'always') return `ReadOnly<${type}>`;
  return column.generated === 'default' || column.default ? `Defaulted<${type}>` : type;
}
