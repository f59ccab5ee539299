import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName, type RelationFact } from '../relations.js';
import { insertLike, placeOf, type PlantedRow } from '../rows/planted-row.js';
import { asTenant, isTable, type Side, type Stage } from './stage.js';

/**
 * What a tenant must be able to do with its own rows, or the refusals elsewhere prove nothing. Only the planted row is
 * touched. What an append-only table must refuse is expected to be refused, and so is what the pack grants to nobody.
 * @param withheld `operation table` that the pack's own scratch does not grant to its tenant either.
 */
export function ownAttempts(stage: Stage, side: Side, withheld: ReadonlySet<string>): Attempt[] {
  const attempts = [...side.planted.rows.values()].flatMap((row) => [
    ...controls(stage, side, row),
    ...(stage.isShared ? [] : smuggling(stage, side, row)),
  ]);
  const exempt = side.relations.filter((relation) => isTable(relation) && mustBeProtected(stage, relation));
  return [
    ...attempts.map((attempt) => expectationOf(stage, attempt, withheld)),
    ...exempt.map((relation) => exemption(stage, side, relation)),
  ];
}

/** Turns a control round where the tenant is not meant to have the privilege. */
export function expectationOf(stage: Stage, attempt: Attempt, withheld: ReadonlySet<string>): Attempt {
  if (attempt.expect !== 'works') return attempt;
  const name = attempt.object.split('.').slice(1).join('.');
  const rule = stage.arena.tables.find((table) => table.name === name);
  const isEvidence = rule?.appendOnly === true && /^(?:update|delete)/.test(attempt.operation);
  if (isEvidence) {
    return {
      ...attempt,
      expect: 'refused',
      remedy: `${name} is append-only: revoke update, delete on ${attempt.object} from ${attempt.actor};`,
    };
  }
  if (!withheld.has(`${attempt.operation} ${name}`)) return attempt;
  return { ...attempt, expect: 'refused' };
}

/** What the victim's role is not granted on its own tables, as `operation table`. */
export async function readWithheld({ arena, victim }: Stage): Promise<Set<string>> {
  const { rows } = await arena.session.client.query<{ what: string }>(
    `select format('%s %s', o.name, c.relname) as what
       from unnest($2::integer[]) t (oid) join pg_class c on c.oid = t.oid
      cross join unnest(array['insert', 'update', 'delete']) o (name)
      where not has_table_privilege($1, c.oid, o.name)
        and not (o.name <> 'delete' and has_any_column_privilege($1, c.oid, case o.name when 'delete' then 'insert' else o.name end))`,
    [victim.tenant.role, victim.relations.filter(isTable).map(({ oid }) => oid)],
  );
  return new Set(rows.map(({ what }) => what));
}

const mustBeProtected = ({ arena, victim, isShared }: Stage, relation: RelationFact): boolean =>
  isShared
    ? relation.columns.some((column) => column.name === arena.tenantColumn)
    : victim.relations.some((other) => other.name === relation.name && other.rowSecurity);

/** `row_security = off` turns filtering into an error; who gets no error is exempt from row security. */
const exemption = (stage: Stage, side: Side, relation: RelationFact): Attempt => ({
  check: 'foreign_read',
  actor: side.tenant.role,
  object: fullName(relation),
  operation: 'read with row_security off',
  expect: 'refused',
  remedy: `Row security does not hold for ${side.tenant.role} on ${fullName(relation)}: enable and force it, and take BYPASSRLS and ownership away.`,
  act: {
    as: asTenant(stage, side.tenant),
    before: ['set local row_security = off'],
    sql: `select count(*) from (select from ${sqlName(relation)} limit 1) one`,
    counts: 'rows',
  },
});

function controls(stage: Stage, side: Side, row: PlantedRow): Attempt[] {
  const name = sqlName(row.relation);
  const where = ` where ${placeOf(row)}`;
  const column = row.relation.columns.find((each) => !each.generated && each.identity !== 'a');
  const set = column && quoteIdentifier(column.name);
  const object = fullName(row.relation);
  const common = {
    check: 'positive_controls',
    actor: side.tenant.role,
    victim: 'own',
    object,
    expect: 'works',
    isolation: false,
    remedy: `${side.tenant.role} cannot work with its own table: compare grants and policies with "fedgen generate --stdout".`,
  } as const;
  const as = asTenant(stage, side.tenant);
  return [
    {
      ...common,
      operation: 'select',
      act: { as, sql: `select count(*) from ${name}${where}`, counts: 'rows' },
    },
    ...(set === undefined
      ? []
      : [
          {
            ...common,
            operation: 'update',
            act: { as, sql: `update ${name} set ${set} = ${set}${where}`, counts: 'change' },
          } as const,
        ]),
    {
      ...common,
      operation: 'delete',
      passes: ['23503'],
      act: { as, before: childDeletes(side, row), sql: `delete from ${name}${where}`, counts: 'change' },
    },
  ];
}

/** A row that others point at can only go after them: their planted rows go first, the farthest first. */
export function childDeletes(side: Side, row: PlantedRow, path: readonly PlantedRow[] = []): string[] {
  const name = fullName(row.relation);
  const children = [...side.planted.rows.values()].filter(
    (other) =>
      other !== row && !path.includes(other) && other.relation.keys.some((key) => key.references === name),
  );
  return children.flatMap((child) => [
    ...childDeletes(side, child, [...path, row]),
    `delete from ${sqlName(child.relation)} where ${placeOf(child)}`,
  ]);
}

/** Rows of others in one's own tables: put there, or handed over. */
function smuggling(stage: Stage, side: Side, row: PlantedRow): Attempt[] {
  const { tenantColumn } = stage.arena;
  if (!row.relation.columns.some((column) => column.name === tenantColumn)) return [];
  const other = side === stage.attacker ? stage.victim.tenant : stage.attacker.tenant;
  const value = quoteLiteral(other.id);
  const column = quoteIdentifier(tenantColumn);
  const as = asTenant(stage, side.tenant);
  const where = side.tenant.synthetic ? '' : ` where ${placeOf(row)}`;
  const common = {
    check: 'hand_over',
    actor: side.tenant.role,
    victim: other.name,
    object: fullName(row.relation),
    expect: 'refused',
    // Where a pack does without row security, the table's own CHECK on the tenant is what refuses.
    refusals:
      row.relation.rowSecurity ||
      stage.victim.relations.some((each) => each.name === row.relation.name && each.rowSecurity)
        ? ['42501']
        : ['42501', '23514'],
    remedy: `The policies for insert and update on ${fullName(row.relation)} must check ${tenantColumn}.`,
  } as const;
  return [
    {
      ...common,
      operation: 'insert a row of another',
      act: { as, sql: insertLike(row, 3, new Map([[tenantColumn, value]])), counts: 'change' },
    },
    {
      ...common,
      operation: 'hand over',
      act: { as, sql: `update ${sqlName(row.relation)} set ${column} = ${value}${where}`, counts: 'change' },
    },
  ];
}
