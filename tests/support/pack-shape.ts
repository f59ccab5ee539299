import type pg from 'pg';
import { withClient, type TestDatabase } from './database.js';
import { roleOf, type PackUnderTest } from './shared-pack.js';

/** A unique key of a table. */
export interface KeyShape {
  readonly name: string;
  /** Columns that it is made of, the tenant and what is generated from it left out. */
  readonly columns: readonly string[];
  /** What ON CONFLICT (…) names it by. */
  readonly inference: string;
}

/** A reference to another table within the tenant; those that are nothing but the tenant are left out. */
export interface LinkShape {
  readonly name: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/** A table as the catalogue has it. */
export interface TableShape {
  readonly name: string;
  readonly hasTenant: boolean;
  /** What the group of tenants may do with it: select, insert, … */
  readonly granted: readonly string[];
  readonly policies: readonly string[];
  /** Columns of the primary key, the tenant and what is generated from it left out. */
  readonly primary: readonly string[];
  readonly keys: readonly KeyShape[];
  readonly links: readonly LinkShape[];
}

const SHAPE = `
  with own as (
    select c.oid, c.relname, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as tenant
    from pg_class c where c.relnamespace = to_regnamespace($1) and c.relkind = 'r')
  select o.relname as name, o.tenant as "hasTenant",
    array(select p from unnest(array['select', 'insert', 'update', 'delete']) p where has_table_privilege($2, o.oid, p)) as granted,
    array(select p.polname::text from pg_policy p where p.polrelid = o.oid order by 1) as policies,
    array(select a.attname::text from pg_index x join pg_attribute a on a.attrelid = o.oid and a.attnum = any (x.indkey)
           where x.indrelid = o.oid and x.indisprimary and a.attname <> 'tenant_id' and a.attgenerated = ''
           order by a.attnum) as primary,
    coalesce((select json_agg(json_build_object('name', i.relname,
        'columns', (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_attribute a
                     where a.attrelid = o.oid and a.attname <> 'tenant_id' and a.attgenerated = ''
                       and (a.attnum = any (x.indkey) or exists (
                         select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = x.indexrelid
                           and d.refobjid = o.oid and d.refobjsubid = a.attnum))),
        'inference', (select string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' order by k)
                        from generate_series(1, x.indnkeyatts) k)) order by i.relname)
      from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = o.oid and x.indisunique), '[]') as keys,
    coalesce((select json_agg(json_build_object('name', f.conname, 'parent', p.relname,
        'columns', (select json_agg(a.attname order by u.n) from unnest(f.conkey) with ordinality u(attnum, n)
                      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = u.attnum where a.attname <> 'tenant_id'),
        'parentColumns', (select json_agg(a.attname order by u.n) from unnest(f.confkey) with ordinality u(attnum, n)
                      join pg_attribute a on a.attrelid = f.confrelid and a.attnum = u.attnum where a.attname <> 'tenant_id'))
        order by f.conname)
      from pg_constraint f join own p on p.oid = f.confrelid and p.tenant
      where f.contype = 'f' and f.conrelid = o.oid and o.tenant and cardinality(f.conkey) > 1), '[]') as links
  from own o order by o.relname`;

/** Every table of an applied pack, those first that others refer to. Attacks are made from it, so none can be forgotten. */
export async function readShape(database: TestDatabase, pack: PackUnderTest): Promise<TableShape[]> {
  const group = roleOf(database, `${pack.name}_tenant`);
  const tables = await withClient(database.url, async (client: pg.Client) => {
    const { rows } = await client.query<TableShape>(SHAPE, [pack.schema, group]);
    return rows;
  });
  return inOrder(tables);
}

function inOrder(tables: readonly TableShape[]): TableShape[] {
  const sorted: TableShape[] = [];
  const visit = (table: TableShape): void => {
    if (sorted.includes(table)) return;
    for (const { parent } of table.links) visit(tableOf(tables, parent));
    sorted.push(table);
  };
  for (const table of tables) visit(table);
  return sorted;
}

/** The table of this name. */
export function tableOf(tables: readonly TableShape[], name: string): TableShape {
  const found = tables.find((table) => table.name === name);
  if (!found) throw new Error(`there is no table ${name}`);
  return found;
}

/** The tables that this one refers to, and those that they refer to, parents first. */
export function ancestorsOf(tables: readonly TableShape[], table: TableShape): TableShape[] {
  const names = new Set<string>();
  const visit = ({ links }: TableShape): void => {
    for (const { parent } of links) {
      if (names.has(parent)) continue;
      names.add(parent);
      visit(tableOf(tables, parent));
    }
  };
  visit(table);
  return tables.filter(({ name }) => names.has(name) && name !== table.name);
}

/** The tables that refer to this one, directly or not, children first: the order in which rows can be deleted. */
export const descendantsOf = (tables: readonly TableShape[], table: TableShape): TableShape[] =>
  tables.filter((other) => other !== table && ancestorsOf(tables, other).includes(table)).reverse();
