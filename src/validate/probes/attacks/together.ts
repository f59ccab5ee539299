import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName, type RelationFact } from '../relations.js';
import { insertLike, valueOf, type PlantedRow } from '../rows/planted-row.js';
import { childDeletes } from './own.js';
import { asPlan } from './plans.js';
import { checkOf } from './separate.js';
import { asTenant, assignment, isTable, settable, type Context, type Stage } from './stage.js';

/** What one context lets an attacker try. */
interface Scene {
  readonly stage: Stage;
  readonly context: Context;
  readonly as: string;
}

/**
 * Attempts on tables in which both sides keep their rows: reading must show nothing of others, and writing must leave
 * the victim's rows as they are. Writes carry no WHERE and no RETURNING, for these add the policies for reading.
 */
export function togetherAttempts(stage: Stage, context: Context): Attempt[] {
  const scene = { stage, context, as: asTenant(stage, stage.attacker.tenant, context) };
  return stage.victim.relations.flatMap((relation) => {
    if (!isTable(relation)) return viewAttempts(scene, relation);
    if (!hasTenant(stage, relation)) return referenceAttempts(scene, relation);
    return [...readAttempts(scene, relation), ...writeAttempts(scene, relation)];
  });
}

const hasTenant = ({ arena }: Stage, relation: RelationFact): boolean =>
  relation.columns.some((column) => column.name === arena.tenantColumn);

/** Rows without a tenant are for all to read. */
const isMixed = ({ arena }: Stage, relation: RelationFact): boolean =>
  arena.tables.some(({ name, scope }) => name === relation.name && scope === 'mixed');

/** Whether unqualified writes are carried out; on more rows their plan is looked at. */
const isSmall = ({ arena }: Stage, relation: RelationFact): boolean =>
  Math.max(relation.rows, relation.rows < 0 ? relation.pages * ROWS_A_PAGE : 0) <= arena.limits.rows;

/** A guess for tables that nobody has analysed. */
const ROWS_A_PAGE = 50;

const common = (
  { stage, context }: Scene,
  relation: RelationFact,
  check: 'foreign_read' | 'foreign_write' | 'hand_over',
): Pick<Attempt, 'actor' | 'victim' | 'object' | 'remedy' | 'check'> => ({
  check: checkOf(check, context),
  actor: stage.attacker.tenant.role,
  victim: stage.victim.tenant.name,
  object: fullName(relation),
  remedy: `Row security must be enabled and forced on ${fullName(relation)}, and every policy must compare ${stage.arena.tenantColumn} with the tenant that asks.`,
});

function readAttempts(scene: Scene, relation: RelationFact): Attempt[] {
  const { stage, context, as } = scene;
  const column = quoteIdentifier(stage.arena.tenantColumn);
  const known = isMixed(stage, relation) ? ` and ${column} is not null` : '';
  const tenant = `${column} is distinct from ${quoteLiteral(stage.attacker.tenant.id)}${known}`;
  const row = stage.victim.planted.rows.get(fullName(relation));
  const select = (operation: string, what: string, where: string): Attempt => ({
    ...common(scene, relation, 'foreign_read'),
    operation: `${operation}${context.words}`,
    expect: 'nothing',
    refusals: context.words === '' ? ['42501'] : ['42501', '22P02', '42704', '28000', 'P0001'],
    act: {
      as,
      sql: `select count(*) from (select ${what} from ${sqlName(relation)} where ${where} limit 1) one`,
      counts: 'rows',
    },
  });
  const columns = relation.columns.filter((column) =>
    stage.victim.marks.some((mark) => row?.values[column.name]?.includes(mark)),
  );
  return [
    select('select', '', tenant),
    ...columns.map(({ name }) =>
      select(
        `select column ${name}`,
        quoteIdentifier(name),
        `${quoteIdentifier(name)}::text = ${row ? valueOf(row, name) : 'null'}`,
      ),
    ),
  ];
}

function writeAttempts(scene: Scene, relation: RelationFact): Attempt[] {
  const { stage, context, as } = scene;
  const { tenantColumn } = stage.arena;
  const own = stage.attacker.planted.rows.get(fullName(relation));
  const foreign = stage.victim.planted.rows.get(fullName(relation));
  const watch = watchOf(stage, relation);
  const name = sqlName(relation);
  const write = (operation: string, sql: string, before: readonly string[] = []): Attempt => ({
    ...common(scene, relation, 'foreign_write'),
    operation: `${operation}${context.words}`,
    expect: 'unchanged',
    refusals: context.words === '' ? ['42501'] : ['42501', '22P02', '42704', '28000', 'P0001'],
    act: { as, sql, counts: 'change', before, watch },
  });
  const column = settable(relation, tenantColumn);
  const deletes = own ? childDeletes(stage.attacker, own) : [];
  const unqualified = [
    ...(column === undefined ? [] : [write('update', `update ${name} set ${assignment(column, own)}`)]),
    write('delete', `delete from ${name}`, deletes),
    ...(stage.arena.session.serverVersion < 150_000
      ? []
      : [
          write(
            'merge',
            `merge into ${name} using (select) source on true when matched then delete`,
            deletes,
          ),
        ]),
  ];
  return [
    ...(isSmall(stage, relation) ? unqualified : unqualified.map(asPlan)),
    ...(foreign ? [foreignInsert(scene, foreign, valueOf(foreign, tenantColumn))] : []),
    ...(own && isMixed(stage, relation) ? [foreignInsert(scene, own, 'null')] : []),
    ...(own && context.words === '' && isSmall(stage, relation) ? [handOver(scene, own)] : []),
  ];
}

/** A row of the victim's, or one that is everybody's. */
function foreignInsert(scene: Scene, row: PlantedRow, tenant: string): Attempt {
  const { tenantColumn } = scene.stage.arena;
  return {
    ...common(scene, row.relation, 'foreign_write'),
    operation: `insert${tenant === 'null' ? ' for all tenants' : ''}${scene.context.words}`,
    expect: 'refused',
    act: { as: scene.as, sql: insertLike(row, 4, new Map([[tenantColumn, tenant]])), counts: 'change' },
  };
}

function handOver(scene: Scene, own: PlantedRow): Attempt {
  const { stage, as } = scene;
  return {
    ...common(scene, own.relation, 'hand_over'),
    operation: 'hand over',
    expect: 'unchanged',
    act: {
      as,
      before: childDeletes(stage.attacker, own),
      watch: watchOf(stage, own.relation),
      sql: `update ${sqlName(own.relation)} set ${quoteIdentifier(stage.arena.tenantColumn)} = ${quoteLiteral(stage.victim.tenant.id)}`,
      counts: 'change',
    },
  };
}

/** Tables without tenants: everybody reads them, nobody writes them. */
function referenceAttempts(scene: Scene, relation: RelationFact): Attempt[] {
  const { as, context } = scene;
  if (context.words !== '') return [];
  const name = sqlName(relation);
  const column = settable(relation, '');
  const write = (operation: string, sql: string): Attempt => ({
    ...common(scene, relation, 'foreign_write'),
    operation,
    expect: 'refused',
    remedy: `revoke insert, update, delete on ${fullName(relation)}: it has no tenant column, so whoever writes it writes it for all.`,
    act: { as, sql, counts: 'change' },
  });
  return [
    write('insert', `explain insert into ${name} default values`),
    ...(column === undefined
      ? []
      : [write('update', `explain update ${name} set ${quoteIdentifier(column.name)} = default`)]),
    write('delete', `explain delete from ${name}`),
  ];
}

/** Views that can be written through must stop at the same rows. Nobody may write through one that cannot be. */
function viewAttempts(scene: Scene, relation: RelationFact): Attempt[] {
  const { stage, context, as } = scene;
  if (!'vf'.includes(relation.kind) || context.words !== '') return [];
  const set = viewAssignment(stage, relation);
  const watch = stage.victim.relations.filter(
    (each) => isTable(each) && hasTenant(stage, each) && isSmall(stage, each),
  );
  const write = (operation: string, sql: string): Attempt => ({
    ...common(scene, relation, 'foreign_write'),
    operation,
    expect: 'unchanged',
    refusals: ['42501', '55000', '0A000'],
    act: { as, sql, counts: 'change', watch: watchAll(stage, watch) },
  });
  return [
    ...(set === undefined ? [] : [write('update', `update ${sqlName(relation)} set ${set}`)]),
    write('delete', `delete from ${sqlName(relation)}`),
  ];
}

/** A column of the view that has the name of a planted one, and its value: what the table below accepts. */
function viewAssignment({ attacker, arena }: Stage, view: RelationFact): string | undefined {
  const made = new Set(
    attacker.relations.flatMap(({ columns }) =>
      columns.filter(({ generated, identity }) => generated || identity !== '').map(({ name }) => name),
    ),
  );
  const names = view.columns
    .map((column) => column.name)
    .filter((name) => name !== arena.tenantColumn && !made.has(name));
  for (const row of attacker.planted.rows.values())
    for (const name of names)
      if (typeof row.values[name] === 'string') return `${quoteIdentifier(name)} = ${valueOf(row, name)}`;
  return undefined;
}

/** A fingerprint of the victim's rows in a table and in those whose rows point at it; new places show too. */
export function watchOf(stage: Stage, relation: RelationFact): string {
  const name = fullName(relation);
  const children = stage.victim.relations.filter(
    (other) =>
      other !== relation && hasTenant(stage, other) && other.keys.some((key) => key.references === name),
  );
  return watchAll(stage, [relation, ...children]);
}

function watchAll(stage: Stage, relations: readonly RelationFact[]): string {
  const { arena, victim } = stage;
  const rows = relations.map(
    (relation) =>
      `select t.tableoid::text || t.ctid::text || t::text as x from ${sqlName(relation)} t where t.${quoteIdentifier(arena.tenantColumn)} = ${quoteLiteral(victim.tenant.id)}${isMixed(stage, relation) ? ` or t.${quoteIdentifier(arena.tenantColumn)} is null` : ''}`,
  );
  return rows.length === 0
    ? `select ''`
    : `select md5(string_agg(x, '|' order by x)) from (${rows.join(' union all ')}) all_rows`;
}
