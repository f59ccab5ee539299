import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Arena, Tenant } from '../arena.js';
import type { Attempt } from '../attempt.js';
import { sqlName } from '../relations.js';
import { asTenant, type Context, type Stage } from './stage.js';

/** A relation that a tenant can read something of. */
export interface Readable {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly owner: string;
  /** Columns that it can read; undefined: all. */
  readonly columns: readonly string[] | null;
  /** Text columns of a view. */
  readonly texts: readonly string[];
  /** The query of a materialised view: what its next refresh would store. */
  readonly definition: string | null;
}

/**
 * Relations of the system catalogue that can hold contents of rows or texts of statements. The rest of pg_catalog and
 * information_schema describes objects, which PostgreSQL shows to everybody; pg_prepared_statements, pg_cursors and
 * pg_locks show the asking session's own.
 */
const SYSTEM = [
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_stat_activity',
  'pg_stat_replication',
  'pg_replication_slots',
  'pg_largeobject',
  'pg_subscription',
  'pg_user_mappings',
  'pg_authid',
  'pg_shadow',
  'pg_file_settings',
];

const READABLE = `
select n.nspname as schema, c.relname as name, c.relkind as kind, pg_get_userbyid(c.relowner) as owner,
       case when not has_table_privilege($1, c.oid, 'select') then (
         select json_agg(a.attname order by a.attnum) from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege($1, c.oid, a.attnum, 'select')) end as columns,
       case when c.relkind <> 'v' then '[]' else (
         select coalesce(json_agg(a.attname), '[]') from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and a.atttypid in ('text'::regtype, 'varchar'::regtype)
            and has_column_privilege($1, c.oid, a.attnum, 'select')) end as texts,
       case when c.relkind = 'm' then pg_get_viewdef(c.oid) end as definition
  from pg_namespace n
  join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_class'::regclass and d.objsubid = 0
  join pg_class c on c.oid = d.objid
 where n.oid >= 2200 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and has_schema_privilege($1, n.oid, 'usage')
   and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_any_column_privilege($1, c.oid, 'select')
union all
select 'pg_catalog', c.relname, c.relkind, '', null, '[]', null
  from unnest($2::text[]) s (name) join pg_class c on c.oid = to_regclass('pg_catalog.' || s.name)
 where has_any_column_privilege($1, c.oid, 'select')
 order by 1, 2`;

/** Everything that a tenant can read, in all schemas that let it in. */
export async function readReadable(arena: Arena, tenant: Tenant): Promise<Readable[]> {
  const { rows } = await arena.session.client.query<Readable>(READABLE, [tenant.role, SYSTEM]);
  return rows;
}

/** Who sweeps, and what it must not find. */
export interface Sweep {
  readonly stage: Stage;
  readonly tenant: Tenant;
  /** An expression for the pattern of marks. */
  readonly pattern: string;
  readonly context: Context;
  /** Relations, as `schema.name`, in which marks of others are in order: a permission lets it read them. */
  readonly permitted: ReadonlySet<string>;
}

/** A look through every readable relation for marks of others. */
export function sweepAttempts(sweep: Sweep, readable: readonly Readable[]): Attempt[] {
  const { stage, tenant, permitted } = sweep;
  return readable
    .filter((relation) => !permitted.has(`${relation.schema}.${relation.name}`))
    .filter((relation) => !isOwnLiveTable(stage, tenant, relation))
    .flatMap((relation) => [
      sweepAttempt(sweep, relation, asTenant(stage, tenant, sweep.context), contentsOf(relation)),
      ...refreshAttempt(sweep, relation),
    ]);
}

/** Live tables of the tenant's own schema hold its own rows, however many: there is nothing to find in them. */
const isOwnLiveTable = (stage: Stage, tenant: Tenant, relation: Readable): boolean =>
  !stage.isShared &&
  !tenant.synthetic &&
  'rp'.includes(relation.kind) &&
  tenant.schemas.includes(relation.schema);

function contentsOf(relation: Readable): string {
  if (relation.columns === null) return `select t::text as x from ${sqlName(relation)} t`;
  const columns = relation.columns.map((column) => `t.${quoteIdentifier(column)}`).join(', ');
  return `select row(${columns})::text as x from ${sqlName(relation)} t`;
}

/** A refresh would lock a live view: what it would store is asked for instead, as the owner whom it would run as. */
function refreshAttempt(sweep: Sweep, relation: Readable): Attempt[] {
  if (relation.definition === null) return [];
  const definition = relation.definition.replace(/;\s*$/, '');
  const as = sweep.stage.by.become(relation.owner);
  return [sweepAttempt(sweep, relation, as, `select q::text as x from (${definition}) q`)];
}

function sweepAttempt(sweep: Sweep, relation: Readable, as: string, contents: string): Attempt {
  return {
    check: 'canary_sweep',
    actor: sweep.tenant.role,
    object: `${relation.schema}.${relation.name}`,
    operation: `look through${sweep.context.words}`,
    expect: 'nothing',
    // Whatever keeps it from reading is as good as a refusal; what was too slow was not looked through.
    refusals: ANY_REFUSAL,
    remedy: `${relation.schema}.${relation.name} shows rows of others to ${sweep.tenant.role}: a view needs security_invoker (15+), a materialised view has no row security and must not be granted.`,
    act: {
      as,
      sql: `select count(*) from (select from (${contents}) contents where x ~ ${sweep.pattern} limit 1) one`,
      counts: 'rows',
    },
  };
}

/** Privileges, contexts that are no tenant's, and features that a relation lacks. */
const ANY_REFUSAL = ['42501', '22P02', '42704', '28000', 'P0001', '0A000', '55000'];

/** A function that a tenant may call without arguments. */
export interface Callable {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly definer: boolean;
  /** Types of the arguments that must be given. */
  readonly arguments: readonly string[];
}

const CALLABLE = `
select n.nspname as schema, p.proname as name, p.prokind as kind, p.prosecdef as definer,
       coalesce((select json_agg(format_type(u.type, null) order by u.n) from unnest(p.proargtypes::oid[]) with ordinality u (type, n)
                  where u.n <= p.pronargs - p.pronargdefaults), '[]') as arguments
  from pg_namespace n
  join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_proc'::regclass
  join pg_proc p on p.oid = d.objid
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and has_schema_privilege($1, n.oid, 'usage')
   and has_function_privilege($1, p.oid, 'execute') and p.prokind in ('f', 'p')
   and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'language_handler'::regtype, 'fdw_handler'::regtype)
   and (p.pronargs = p.pronargdefaults or p.prosecdef and p.pronargs - p.pronargdefaults <= 2 and p.provariadic = 0)
   and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e' and not p.prosecdef)
 order by 1, 2`;

/** Functions and procedures that a tenant can call without arguments, and definer functions of one or two. */
export async function readCallable(arena: Arena, tenant: Tenant): Promise<Callable[]> {
  const { rows } = await arena.session.client.query<Callable>(CALLABLE, [tenant.role]);
  return rows;
}

/** Calls of everything that can be called: no mark of others may come back, in a row or an error. */
export function callAttempts(sweep: Sweep, callable: readonly Callable[]): Attempt[] {
  const { stage, tenant } = sweep;
  return callable.flatMap((each) => {
    const values = each.arguments.map((type) => argumentOf(type, stage));
    if (values.includes(undefined)) return [];
    const call = `${sqlName(each)}(${values.join(', ')})`;
    const isScratch = !stage.isShared && stage.victim.tenant.schemas.includes(each.schema);
    const found = `select count(*) from (select from (select ${call} as x) calls where x::text ~ ${sweep.pattern} limit 1) one`;
    return [
      {
        check: 'callable_functions',
        actor: tenant.role,
        object: `${each.schema}.${each.name}()`,
        operation: `call${each.arguments.length > 0 ? ' with the victim’s id' : ''}${sweep.context.words}`,
        expect: each.kind === 'p' ? 'silent' : 'nothing',
        // Functions that write are not let loose on live data: the server refuses in a read-only transaction.
        refusals: [...ANY_REFUSAL, '25006', '2D000', '22004', '22023', '23514', '02000', 'P0002'],
        remedy: `revoke execute on function ${each.schema}.${each.name} from public; or make it ask who calls.`,
        act: {
          as: asTenant(stage, tenant, sweep.context),
          ...(isScratch ? {} : { before: ['set local transaction_read_only = on'] }),
          sql: each.kind === 'p' ? `call ${call}` : found,
          counts: each.kind === 'p' ? 'change' : 'rows',
        },
      } satisfies Attempt,
    ];
  });
}

/** An argument that asks for the victim; undefined where that cannot be guessed. */
function argumentOf(type: string, { victim }: Stage): string | undefined {
  const id = quoteLiteral(victim.tenant.id);
  if (/^(?:text|character varying|name)$/.test(type)) return `${id}::${type}`;
  if (type === 'uuid') return /^[0-9a-f-]{36}$/.test(victim.tenant.id) ? `${id}::uuid` : undefined;
  if (/^(?:integer|bigint|smallint)$/.test(type))
    return /^\d+$/.test(victim.tenant.id) ? victim.tenant.id : '1';
  return undefined;
}

/** A cheap function of the tenant's own, put into the condition of a view without security_barrier, sees hidden rows. */
const SPY = `create function pg_temp.fedgen_spy(text) returns boolean language plpgsql cost 0.0000001
  as 'begin raise notice ''fedgen-spy %'', $1; return true; end'`;

/**
 * Looks that the tenant's own function takes at the rows of views; what it saw arrives as a notice. It sees plain
 * columns: a cast of the row would cost more than the view's own condition, and come after it.
 */
export function spyAttempts(sweep: Sweep, readable: readonly Readable[]): Attempt[] {
  const as = asTenant(sweep.stage, sweep.tenant, sweep.context);
  return readable
    .filter((relation) => relation.texts.length > 0 && relation.schema !== 'pg_catalog')
    .map((relation) => ({
      ...sweepAttempt(sweep, relation, as, ''),
      operation: 'spy with a cheap function',
      expect: 'silent',
      act: {
        as,
        before: [
          SPY,
          'set local enable_indexscan = off',
          'set local enable_bitmapscan = off',
          'set local enable_indexonlyscan = off',
        ],
        sql: `select count(*) from ${sqlName(relation)} t where ${relation.texts.map((name) => `pg_temp.fedgen_spy(t.${quoteIdentifier(name)})`).join(' and ')}`,
        counts: 'rows',
      },
    }));
}
