import type { TableNode } from 'kysely';

/** Whose the rows of a table are, as pack.yaml says: the tenant's, everybody's, or either (the column may be null). */
export type TenantScope = 'tenant' | 'reference' | 'mixed';

/** What the second layer has to know of a pack; `fedgen generate --types` writes it beside the types. */
export interface PackTables {
  readonly pack: string;
  readonly tenancy: 'schema' | 'shared';
  readonly tenantColumn: string;
  /** By name with schema, as in `shop.orders`; without where each department has its own. Others are refused. */
  readonly tables: Readonly<Record<string, TenantScope>>;
}

/** Whose statements, and what they may name. */
export interface TenantRules {
  readonly pack: PackTables;
  readonly tenantId: string;
}

/** The scope of a table that a statement names; undefined for one that the pack does not have. */
export function scopeOf(node: TableNode, { tables }: PackTables): TenantScope | undefined {
  const { schema, identifier } = node.table;
  if (schema) return own(tables, `${schema.name}.${identifier.name}`);
  const known = Object.keys(tables).filter((name) => name.split('.').at(-1) === identifier.name);
  // Two tables of that name: which of them is meant is the search_path's to say, and not for us to guess.
  return known.length === 1 ? own(tables, known[0] ?? '') : undefined;
}

const own = (tables: PackTables['tables'], name: string): TenantScope | undefined =>
  Object.hasOwn(tables, name) ? tables[name] : undefined;

/** The table as people write it. */
export const nameOf = ({ table: { schema, identifier } }: TableNode): string =>
  schema ? `${schema.name}.${identifier.name}` : identifier.name;
