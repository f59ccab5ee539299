import type { Session } from '../../db/session.js';
import { quoteIdentifier } from '../../render/quote.js';

/** A type as far as making values of it goes. */
export interface TypeFact {
  readonly oid: number;
  /** As format_type writes it, without a length: `character varying`. */
  readonly name: string;
  /** b base, c composite, d domain, e enum, m multirange, r range. */
  readonly kind: string;
  /** Element type of an array; 0 otherwise. */
  readonly element: number;
  /** What a domain is made of, with its length; the subtype of a range. */
  readonly base: number;
  readonly baseModifier: number;
  readonly notNull: boolean;
  readonly labels: readonly string[];
  readonly schema: string;
  /** A domain's CHECKs. */
  readonly checks: readonly { readonly name: string; readonly definition: string }[];
  /** Types of a composite's attributes. */
  readonly attributes: readonly number[];
}

/** A column. */
export interface ColumnFact {
  readonly name: string;
  readonly type: number;
  /** atttypmod. */
  readonly modifier: number;
  readonly notNull: boolean;
  /** `a` always, `d` by default, or empty. */
  readonly identity: string;
  readonly generated: boolean;
  readonly hasDefault: boolean;
  /** The default draws from a sequence. */
  readonly serial: boolean;
}

/**
 * A constraint, or a unique index that is none; of a partitioned table also what its partitions accept, as a check
 * without a name, which is how the server reports it.
 */
export interface KeyFact {
  readonly name: string;
  /** c check, f foreign key, p primary key, u unique, x exclusion, i unique index. */
  readonly kind: string;
  readonly columns: readonly string[];
  readonly definition: string;
  /** What an ON CONFLICT names to meet it; empty where it cannot. */
  readonly inference: string;
  readonly references: string;
  readonly referencedColumns: readonly string[];
}

/** A table, view or the like. */
export interface RelationFact {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** r table, p partitioned, v view, m materialised view, f foreign table, S sequence. */
  readonly kind: string;
  readonly owner: string;
  readonly isChild: boolean;
  readonly rowSecurity: boolean;
  /** Planner's estimate; -1 when nobody has counted. */
  readonly rows: number;
  /** What it takes now, its partitions included. */
  readonly pages: number;
  readonly columns: readonly ColumnFact[];
  readonly keys: readonly KeyFact[];
}

/** What stands in the schemas of an arena. */
export interface Landscape {
  readonly relations: readonly RelationFact[];
  readonly types: ReadonlyMap<number, TypeFact>;
}

/** `schema.name`, as findings name it. */
export const fullName = (relation: { readonly schema: string; readonly name: string }): string =>
  `${relation.schema}.${relation.name}`;

/** Its quoted name. */
export const sqlName = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** The type's name for a cast that neither cuts nor pads: `character` and `bit` alone mean a length of 1. */
export const castName = (type: TypeFact | undefined): string =>
  ({ character: 'bpchar', bit: '"bit"' })[type?.name ?? ''] ?? type?.name ?? 'text';

/** Reads schemas. Everything starts from pg_depend, so the cost does not grow with the number of schemas. */
export async function readLandscape(session: Session, schemas: readonly string[]): Promise<Landscape> {
  const { rows: relations } = await session.client.query<RelationFact>(RELATIONS, [schemas]);
  const used = [...new Set(relations.flatMap((relation) => relation.columns.map((column) => column.type)))];
  const { rows: types } = await session.client.query<TypeFact>(TYPES, [used]);
  return { relations, types: new Map(types.map((type) => [type.oid, type])) };
}

const RELATIONS = `
select c.oid::integer as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       pg_get_userbyid(c.relowner) as owner, c.relispartition or exists (
         select from pg_inherits h where h.inhrelid = c.oid) as "isChild",
       c.relrowsecurity as "rowSecurity", c.reltuples::float8 as rows, case c.relkind when 'p' then (select sum(pg_relation_size(t.relid)) from pg_partition_tree(c.oid) t)
            else pg_relation_size(c.oid) end::float8 / 8192 as pages,
       (select coalesce(json_agg(json_build_object(
                 'name', a.attname, 'type', a.atttypid::integer, 'modifier', a.atttypmod, 'notNull', a.attnotnull,
                 'identity', a.attidentity, 'generated', a.attgenerated <> '', 'hasDefault', a.atthasdef,
                 'serial', a.atthasdef and a.attgenerated = '' and coalesce((
                   select pg_get_expr(d.adbin, d.adrelid) like '%nextval(%'
                     from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum), false))
               order by a.attnum), '[]')
          from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select coalesce(json_agg(k.fact order by k.name), '[]') from (
          select s.conname as name, json_build_object(
                   'name', s.conname, 'kind', s.contype, 'definition', case when s.contype in ('c', 'x') then pg_get_constraintdef(s.oid) else '' end,
                   'columns', (select json_agg(a.attname order by u.n) from unnest(s.conkey) with ordinality u (num, n)
                                 join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num),
                   'inference', case when s.contype in ('p', 'u') and not s.condeferrable
                                     then format('on constraint %I', s.conname) else '' end,
                   'references', case when s.contype = 'f' then (
                      select format('%s.%s', rn.nspname, r.relname) from pg_class r join pg_namespace rn on rn.oid = r.relnamespace
                       where r.oid = s.confrelid) else '' end,
                   'referencedColumns', coalesce((
                      select json_agg(a.attname order by u.n) from unnest(s.confkey) with ordinality u (num, n)
                        join pg_attribute a on a.attrelid = s.confrelid and a.attnum = u.num), '[]')) as fact
            from pg_constraint s
           where s.conrelid = c.oid and s.contype in ('c', 'f', 'p', 'u', 'x') and cardinality(s.conkey) > 0
          union all
          select '', json_build_object(
                   'name', '', 'kind', 'c', 'inference', '', 'references', '', 'referencedColumns', '[]'::json,
                   'columns', (select json_agg(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum = any (p.partattrs)),
                   'definition', (select string_agg(pg_get_expr(h.relpartbound, h.oid), ' ') from pg_inherits i
                                    join pg_class h on h.oid = i.inhrelid where i.inhparent = c.oid))
            from pg_partitioned_table p
           where p.partrelid = c.oid and exists (select from pg_inherits i where i.inhparent = c.oid)
          union all
          select i.relname, json_build_object(
                   'name', i.relname, 'kind', 'i', 'definition', '', 'references', '', 'referencedColumns', '[]'::json,
                   'columns', (select coalesce(json_agg(distinct a.attname), '[]') from pg_depend d
                                 join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
                                where d.classid = 'pg_class'::regclass and d.objid = i.oid
                                  and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid > 0),
                   'inference', format('(%s)%s',
                      (select string_agg(pg_get_indexdef(i.oid, g, false), ', ') from generate_series(1, x.indnkeyatts) g),
                      ' where ' || pg_get_expr(x.indpred, x.indrelid)))
            from pg_index x join pg_class i on i.oid = x.indexrelid
           where x.indrelid = c.oid and x.indisunique and x.indisvalid
             and not exists (select from pg_constraint s where s.conindid = i.oid and s.contype in ('p', 'u', 'x'))) k) as keys
  from pg_namespace n
  join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_class'::regclass and d.objsubid = 0
  join pg_class c on c.oid = d.objid
 where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
 order by n.nspname, c.relname`;

const TYPES = `
with recursive used (oid) as (
  select unnest($1::oid[])
  union
  select next.oid from used join pg_type t on t.oid = used.oid
    cross join lateral (
      select t.typbasetype where t.typtype = 'd'
      union all select t.typelem where t.typcategory = 'A' and t.typelem <> 0
      union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid
      union all select a.atttypid from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) next (oid))
select t.oid::integer as oid, format_type(t.oid, null) as name, t.typtype as kind, n.nspname as schema,
       case when t.typcategory = 'A' then t.typelem::integer else 0 end as element,
       coalesce(nullif(t.typbasetype, 0), (select r.rngsubtype from pg_range r where r.rngtypid = t.oid), 0)::integer as base,
       t.typtypmod as "baseModifier", t.typnotnull as "notNull",
       case when t.typtype = 'e' then (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) else '[]' end as labels,
       case when t.typtype = 'd' then (select coalesce(json_agg(json_build_object('name', s.conname, 'definition', pg_get_constraintdef(s.oid))), '[]')
          from pg_constraint s where s.contypid = t.oid and s.contype = 'c') else '[]' end as checks,
       case when t.typtype = 'c' then (select coalesce(json_agg(a.atttypid::integer order by a.attnum), '[]') from pg_attribute a
         where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) else '[]' end as attributes
  from used join pg_type t on t.oid = used.oid join pg_namespace n on n.oid = t.typnamespace`;
