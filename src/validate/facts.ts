import type { Session } from '../db/session.js';
import { schemaOids } from './catalogue.js';

/** A column as the catalogue has it. */
export interface ColumnFact {
  readonly name: string;
  /** As format_type writes it: `character varying(100)`. */
  readonly type: string;
  readonly notNull: boolean;
  /** A value comes by itself: default, identity or generated. */
  readonly automatic: boolean;
  /** CHECK expressions that speak of this column alone. */
  readonly checks: readonly string[];
}

/** A table as the catalogue has it. */
export interface TableFact {
  readonly name: string;
  readonly owner: string;
  /** The table that it is a partition or child of; null when it is none. */
  readonly partOf: string | null;
  readonly rlsEnabled: boolean;
  readonly rlsForced: boolean;
  readonly policies: readonly string[];
  readonly columns: readonly ColumnFact[];
  readonly indexes: readonly { readonly name: string; readonly valid: boolean }[];
}

/** What stands in one schema. */
export interface SchemaFacts {
  readonly exists: boolean;
  readonly tables: readonly TableFact[];
  readonly functions: readonly string[];
}

/** Reads the schemas of one target. Everything starts from pg_depend, so the cost does not grow with the number of schemas. */
export async function readSchemaFacts(session: Session, schemas: readonly string[]): Promise<SchemaFacts> {
  const oids = await schemaOids(session, schemas);
  if (oids.length < schemas.length) return { exists: false, tables: [], functions: [] };
  const { rows: tables } = await session.client.query<TableFact>(TABLES, [oids]);
  const { rows: functions } = await session.client.query<{ name: string }>(FUNCTIONS, [oids]);
  return { exists: true, tables, functions: functions.map((row) => row.name) };
}

const TABLES = `
select c.relname as name, pg_get_userbyid(c.relowner) as owner,
       (select p.relname from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid limit 1) as "partOf",
       c.relrowsecurity as "rlsEnabled", c.relforcerowsecurity as "rlsForced",
       coalesce((select json_agg(p.polname order by p.polname) from pg_policy p where p.polrelid = c.oid), '[]') as policies,
       coalesce((select json_agg(json_build_object(
                 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
                 'automatic', a.atthasdef or a.attidentity <> '' or a.attgenerated <> '',
                 'checks', coalesce((select json_agg(pg_get_constraintdef(k.oid))
                                       from pg_constraint k
                                      where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]), '[]'))
               order by a.attnum)
          from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
       coalesce((select json_agg(json_build_object('name', i.relname, 'valid', x.indisvalid and x.indisready)
                 order by i.relname)
          from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = c.oid), '[]') as indexes
  from pg_depend d join pg_class c on c.oid = d.objid
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[])
   and d.classid = 'pg_class'::regclass and d.objsubid = 0 and c.relkind in ('r', 'p')
 order by c.relname`;

const FUNCTIONS = `
select p.proname as name
  from pg_depend d join pg_proc p on p.oid = d.objid
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_proc'::regclass
 order by 1`;
