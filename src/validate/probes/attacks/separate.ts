import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { TableRules, Tenant } from '../arena.js';
import type { Attempt, ProbeCode } from '../attempt.js';
import { fullName, sqlName, type RelationFact } from '../relations.js';
import { type Planted } from '../rows/planter.js';
import { insertLike } from '../rows/planted-row.js';
import { assignment, isTable, settable, type Context } from './stage.js';

/** Tables of somebody else, in schemas of their own, to which the actor must have no access at all. */
export interface Foreign {
  readonly actor: Tenant;
  /** Statements that become the actor. */
  readonly as: string;
  readonly context: Context;
  readonly victim: Tenant;
  readonly relations: readonly RelationFact[];
  /** The victim's planted rows; undefined for live data, of which no row is touched even if everything is open. */
  readonly planted: Planted | undefined;
  readonly tenantColumn: string;
  readonly rules: readonly TableRules[];
  /** Names of relations that a permission lets the actor read. */
  readonly readable: readonly string[];
  readonly serverVersion: number;
}

interface Operation {
  readonly operation: string;
  readonly check: ProbeCode;
  /** Kinds of relations that it makes sense on. */
  readonly kinds: string;
  readonly since?: number;
  readonly expect?: 'nothing';
  /** Undefined where it cannot be tried on this relation. */
  readonly sql: (relation: RelationFact, foreign: Foreign) => string | undefined;
  readonly counts: 'rows' | 'change';
}

/** Where all rows are planted ones the statement itself, on live data its plan: EXPLAIN asks for the same privileges. */
const real = (foreign: Foreign, sql: string): string => (foreign.planted ? sql : `explain ${sql}`);

/** Privileges whose use would lock live data. The server is asked, by the function that it asks itself. */
const heldBy = (relation: RelationFact, privileges: readonly string[]): string =>
  `select count(*) from pg_catalog.unnest(array[${privileges.map((each) => quoteLiteral(each)).join(', ')}]) privilege
    where pg_catalog.has_schema_privilege(${quoteLiteral(relation.schema)}, 'usage')
      and pg_catalog.has_table_privilege(${relation.oid}::oid, privilege)`;

const STRONG = ['truncate', 'references', 'trigger'];

const OPERATIONS: readonly Operation[] = [
  {
    operation: 'select',
    check: 'foreign_read',
    kinds: 'rpvmfS',
    counts: 'rows',
    sql: (relation) => `select count(*) from (select from ${sqlName(relation)} limit 1) one`,
  },
  {
    operation: 'insert',
    check: 'foreign_write',
    kinds: 'rp',
    counts: 'change',
    sql: (relation, foreign) => {
      const row = foreign.planted?.rows.get(fullName(relation));
      return row ? insertLike(row, 1) : `explain insert into ${sqlName(relation)} default values`;
    },
  },
  {
    operation: 'update',
    check: 'foreign_write',
    kinds: 'rp',
    counts: 'change',
    sql: (relation, foreign) => {
      const column = settable(relation, foreign.tenantColumn);
      const row = foreign.planted?.rows.get(fullName(relation));
      return column && real(foreign, `update ${sqlName(relation)} set ${assignment(column, row)}`);
    },
  },
  {
    operation: 'delete',
    check: 'foreign_write',
    kinds: 'rp',
    counts: 'change',
    sql: (relation, foreign) => real(foreign, `delete from ${sqlName(relation)}`),
  },
  {
    operation: 'merge',
    check: 'foreign_write',
    kinds: 'rp',
    since: 150_000,
    counts: 'change',
    sql: (relation, foreign) =>
      real(foreign, `merge into ${sqlName(relation)} using (select) source on true when matched then delete`),
  },
  {
    operation: 'truncate',
    check: 'foreign_write',
    kinds: 'rp',
    counts: 'change',
    sql: (relation, foreign) => (foreign.planted ? `truncate ${sqlName(relation)} cascade` : undefined),
  },
  {
    operation: 'lock',
    check: 'foreign_write',
    kinds: 'rpv',
    counts: 'change',
    sql: (relation) => `lock table ${sqlName(relation)} in access share mode`,
  },
  {
    operation: 'use strong privileges on',
    check: 'ddl_attempts',
    kinds: 'rpf',
    counts: 'rows',
    expect: 'nothing',
    sql: (relation, foreign) =>
      heldBy(relation, foreign.serverVersion >= 170_000 ? [...STRONG, 'maintain'] : STRONG),
  },
  {
    operation: 'write through view',
    check: 'foreign_write',
    kinds: 'vf',
    counts: 'rows',
    expect: 'nothing',
    sql: (relation) => heldBy(relation, ['insert', 'update', 'delete']),
  },
  {
    operation: 'use sequence',
    check: 'foreign_write',
    kinds: 'S',
    counts: 'rows',
    expect: 'nothing',
    // A number that was drawn does not come back.
    sql: (
      relation,
    ) => `select count(*) where pg_catalog.has_sequence_privilege(${relation.oid}::oid, 'usage, update')
      and pg_catalog.has_schema_privilege(${quoteLiteral(relation.schema)}, 'usage')`,
  },
];

/** Attempts on tables that are out of reach: only a refusal proves anything, and success is a hole even with 0 rows. */
export function separateAttempts(foreign: Foreign): Attempt[] {
  return foreign.relations.flatMap((relation) => [
    ...OPERATIONS.filter(
      ({ kinds, since = 0 }) => kinds.includes(relation.kind) && foreign.serverVersion >= since,
    ).flatMap((operation) => attemptOf(operation, relation, foreign)),
    ...columnAttempts(relation, foreign),
  ]);
}

const isReadable = (relation: RelationFact, foreign: Foreign): boolean =>
  foreign.readable.includes(relation.name);

function attemptOf(operation: Operation, relation: RelationFact, foreign: Foreign): Attempt[] {
  const sql = operation.sql(relation, foreign);
  // A permitted reader may also lock what it reads, in the weakest mode.
  const isPermitted = isReadable(relation, foreign) && ['select', 'lock'].includes(operation.operation);
  if (sql === undefined || isPermitted) return [];
  return [
    {
      ...common(relation, foreign),
      check: checkOf(operation.check, foreign.context),
      operation: `${operation.operation}${foreign.context.words}`,
      expect: operation.expect ?? 'refused',
      act: { as: foreign.as, sql, counts: operation.counts },
    },
  ];
}

/** Column privileges do not show in the table's: each column by itself. */
function columnAttempts(relation: RelationFact, foreign: Foreign): Attempt[] {
  const isPlain = foreign.context.words === '' && (isTable(relation) || relation.kind === 'v');
  if (!isPlain || isReadable(relation, foreign)) return [];
  return relation.columns.map((column) => ({
    ...common(relation, foreign),
    check: checkOf('foreign_read', foreign.context),
    operation: `select column ${column.name}${foreign.context.words}`,
    expect: 'refused',
    act: {
      as: foreign.as,
      sql: `select count(*) from (select ${quoteIdentifier(column.name)} from ${sqlName(relation)} limit 1) one`,
      counts: 'rows',
    },
  }));
}

const common = (
  relation: RelationFact,
  foreign: Foreign,
): Pick<Attempt, 'actor' | 'victim' | 'object' | 'remedy'> => ({
  actor: foreign.actor.role,
  victim: foreign.victim.name,
  object: fullName(relation),
  remedy: `Revoke what lets ${foreign.actor.role} in: see \\dp ${fullName(relation)}, the memberships of ${foreign.actor.role}, and grants to PUBLIC.`,
});

/** In a forged or empty context the same attempts prove something else. */
export const checkOf = (check: ProbeCode, context: Context): ProbeCode =>
  context.words === '' || check === 'ddl_attempts'
    ? check
    : context.words.includes('forge')
      ? 'forged_context'
      : 'no_context';
