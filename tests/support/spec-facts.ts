import type pg from 'pg';
import type { OriginalTable } from './federation-spec.js';

const list = (text: string | undefined): string[] => text?.split('; ') ?? [];

/** How the facts of the original are to be read for a schema. */
export interface SpecRules {
  /** The column that leads every key and index of ours, and therefore no longer needs an index of its own. */
  readonly leadingColumn?: string;
}

/**
 * The original's tables as lines of text, with the three deviations that hold everywhere already made: a column with a
 * default is NOT NULL, and with `leadingColumn` that column leads every key and index, and is NOT NULL.
 */
export function originalFacts(tables: Readonly<Record<string, OriginalTable>>, rules: SpecRules): string[] {
  return Object.entries(tables).flatMap(([table, original]) => [
    ...list(original.columns).map((text) => `${table}.${text.replace(/\?$/, '!')}`),
    ...list(original.indexes).map((text) => `${table} index ${lead(text, rules)}`),
    ...list(original.uniques).map((text) => `${table} key ${lead(text, rules)}`),
    ...list(original.triggers).map((text) => `${table} trigger ${text}`),
    ...list(original.states).map((text) => `${table} states ${text}`),
  ]);
}

function lead(text: string, { leadingColumn }: SpecRules): string {
  if (leadingColumn === undefined) return text;
  const [name = '', inner = ''] = text.slice(0, -1).split(' (');
  const others = inner.split(', ').filter((column) => column !== leadingColumn);
  // Its own index is the primary key, which goes on with the id.
  return `${name} (${[leadingColumn, ...(others.length > 0 ? others : ['id'])].join(', ')})`;
}

const FACTS = `
  with tables as (select oid, relname from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r')
  select t.relname || '.' || attname || ' ' ||
    replace(replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'),
      'timestamp with time zone', 'timestamptz'), ', ', ',') || case when attnotnull then '!' else '' end
  from pg_attribute join tables t on t.oid = attrelid where attnum > 0 and not attisdropped
  union all
  select t.relname || case when indisunique and not indisprimary then ' key ' else ' index ' end || i.relname || ' (' ||
    regexp_replace(lower(replace(pg_get_indexdef(indexrelid), '"', '')), '^.*? using \\w+ \\((.*?)\\)( where .*)?$', '\\1') || ')'
  from pg_index join tables t on t.oid = indrelid join pg_class i on i.oid = indexrelid
  where i.relname not like '%\\_pkey' -- a primary key with an index's name stands for that index
  union all
  select t.relname || ' trigger ' || tgname from pg_trigger join tables t on t.oid = tgrelid where not tgisinternal
  union all
  select t.relname || ' states ' || conname || ' (' ||
    (select string_agg(m[1], ', ') from regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''::', 'g') as m) || ')'
  from pg_constraint c join tables t on t.oid = conrelid
  where contype = 'c' and pg_get_constraintdef(c.oid) ~ '^CHECK \\(\\(+\\w+\\)?(::text)? = ANY'`;

/** The same facts of an applied schema. */
export async function appliedFacts(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<[string]>({ text: FACTS, values: [schema], rowMode: 'array' });
  return rows.map(([fact]) => fact);
}

/** The names of an applied schema's functions. */
export async function appliedFunctions(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ proname: string }>(
    'select proname from pg_proc where pronamespace = to_regnamespace($1)',
    [schema],
  );
  return rows.map(({ proname }) => proname);
}
