import { quoteIdentifier } from '../../../render/quote.js';
import { DONE, runActs, type Act } from '../run.js';
import { castName, sqlName, type RelationFact } from '../relations.js';
import { expressionsOf, type Draft } from './draft.js';
import type { PlantingAnswer } from './plant.js';
import type { PlantOptions } from './planter.js';

/**
 * Types do not say which value was too long or unreadable: each chosen value is tried by itself, and those that the
 * column's type refuses give way to the next candidate.
 * @returns whether anything changed.
 */
export async function dropTooNarrow(draft: Draft, options: PlantOptions): Promise<boolean> {
  const given = expressionsOf(draft);
  const types = options.landscape.types;
  const columns = draft.columns.filter(
    (column) => given.has(column.fact.name) && given.get(column.fact.name)?.startsWith('($1->') === false,
  );
  const acts = columns.map((column): Act => {
    const type = castName(types.get(column.fact.type));
    // A temporary table takes on lengths and scales, which a cast would apply in silence.
    return {
      as: options.by.back,
      counts: 'change',
      sql: narrowTest(draft.relation, column.fact.name, given, type),
    };
  });
  const answers = await runActs(options.session, acts, options.by.back, options.by.back);
  let hasChanged = false;
  for (const [n, column] of columns.entries()) {
    if (answers[n]?.state === DONE || column.choice + 1 >= column.count) continue;
    column.choice += 1;
    hasChanged = true;
  }
  return hasChanged;
}

function narrowTest(
  relation: RelationFact,
  column: string,
  given: ReadonlyMap<string, string>,
  type: string,
): string {
  const name = quoteIdentifier(column);
  const value = given.get(column) ?? `null::${type}`;
  return `create temporary table fedgen_narrow on commit drop as select ${name} from ${sqlName(relation)} with no data;
    insert into fedgen_narrow values (${value})`;
}

/** An INSERT after the model of a row that stands in this table or one of its name; undefined where there is none. */
export async function copyingInsert(draft: Draft, options: PlantOptions): Promise<string | undefined> {
  const { relation } = draft;
  const models = [relation.schema, ...options.models].map((schema) =>
    sqlName({ schema, name: relation.name }),
  );
  const keyed = new Set(
    relation.keys.filter((key) => 'puxi'.includes(key.kind)).flatMap((key) => key.columns),
  );
  const linked = new Set(relation.keys.filter((key) => key.kind === 'f').flatMap((key) => key.columns));
  const own = expressionsOf(draft);
  const columns = draft.columns.filter(
    ({ fact }) => fact.identity !== 'a' && !(fact.serial && fact.hasDefault),
  );
  const values = columns.map(({ fact }) => {
    const isOwn = fact.name === options.tenantColumn || keyed.has(fact.name) || linked.has(fact.name);
    return (isOwn ? (own.get(fact.name) ?? 'null') : undefined) ?? `model.${quoteIdentifier(fact.name)}`;
  });
  const acts = models.map((model): Act => {
    return {
      as: options.by.back,
      counts: 'rows',
      sql: `select count(*) from (select from ${model} limit 1) one`,
    };
  });
  const answers = await runActs(options.session, acts, options.by.back, options.by.back);
  const model = models[answers.findIndex((answer) => answer.rows > 0)];
  if (model === undefined) return undefined;
  const names = columns.map(({ fact }) => quoteIdentifier(fact.name)).join(', ');
  return `insert into ${sqlName(relation)} (${names}) select ${values.join(', ')} from (select * from ${model} limit 1) model`;
}

/** Takes the CHECK or exclusion constraint that no value satisfied from a scratch table, or from a scratch domain. */
export async function dropCheckOf(
  draft: Draft,
  failed: PlantingAnswer,
  options: PlantOptions,
): Promise<boolean> {
  if (failed.state !== '23514' && failed.state !== '23P01') return false;
  const sql = dropStatement(draft, failed.constraint, options);
  if (sql === undefined) return false;
  await options.session.client.query(
    `${options.by.become(draft.relation.owner)}; ${sql}; ${options.by.back}`,
  );
  return true;
}

function dropStatement(draft: Draft, constraint: string, options: PlantOptions): string | undefined {
  if (constraint === '') return undefined;
  const { relation } = draft;
  const name = quoteIdentifier(constraint);
  if (relation.keys.some((key) => key.name === constraint && 'cx'.includes(key.kind)))
    return `alter table ${sqlName(relation)} drop constraint ${name}`;
  const domain = relation.columns
    .map((column) => options.landscape.types.get(column.type))
    .find((type) => type?.kind === 'd' && type.checks.some((check) => check.name === constraint));
  if (!domain || !options.tenant.schemas.includes(domain.schema)) return undefined;
  return `alter domain ${sqlName({ schema: domain.schema, name: domain.name.split('.').at(-1) ?? '' })} drop constraint ${name}`;
}
