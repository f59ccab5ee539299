import type { Session } from '../../../db/session.js';
import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import { collectAnswers, givenJson } from '../run.js';
import { fullName, type RelationFact } from '../relations.js';

/** A row to be planted: INSERTs that are tried one after the other. */
export interface Planting {
  readonly relation: RelationFact;
  /** Statements that become who plants. */
  readonly as: string;
  readonly inserts: readonly string[];
  /** Relations whose planted rows the INSERTs point at. */
  readonly needs: readonly string[];
  /** Failures after which the next INSERT is tried, as `SQLSTATE constraint`; any other ends the attempt. */
  readonly goOn: readonly string[];
}

/** What became of it. */
export interface PlantingAnswer {
  /** `00000`; `WAIT` when a row that it needs is missing; `SWALLOWED` when a trigger let nothing through. */
  readonly state: string;
  /** Number of the INSERT that succeeded or ended the attempt. */
  readonly at: number;
  readonly message: string;
  readonly constraint: string;
  readonly column: string;
  readonly type: string;
  readonly tableoid: number;
  readonly ctid: string;
  /** The row as texts, by column. */
  readonly values: Readonly<Record<string, string | null>>;
}

/** Plants rows in one round trip. What is planted stays until the caller's transaction ends. */
export async function plantRows(
  session: Session,
  plantings: readonly Planting[],
  known: Readonly<Record<string, Readonly<Record<string, string | null>>>>,
  back: string,
): Promise<PlantingAnswer[]> {
  const list = plantings.map(({ relation, ...planting }) => ({
    ...planting,
    key: fullName(relation),
    ...tellingRow(relation),
  }));
  const given = { plantings: JSON.stringify(list), known: JSON.stringify(known) };
  return collectAnswers<PlantingAnswer>(session, plantingBlock(back), given);
}

/**
 * What makes an INSERT tell the place and the contents of its row: text before it and after it. Into a partitioned
 * table RETURNING may only name columns: expressions on a generated column of a domain fail (PostgreSQL 14 to 18,
 * "attribute of type record has wrong type"). Elsewhere it takes them, for a WITH does not bear rules.
 */
function tellingRow(relation: RelationFact): { readonly before: string; readonly after: string } {
  if (relation.kind !== 'p') {
    const name = quoteIdentifier(relation.name);
    return {
      before: '',
      after: `returning ${name}.tableoid::bigint, ${name}.ctid::text, ${contentsOf(relation, name)}`,
    };
  }
  return {
    before: 'with planted as (',
    after: `returning tableoid as fedgen_place, ctid as fedgen_spot, ${quoteIdentifier(relation.name)}.*)
      select fedgen_place::bigint, fedgen_spot::text, ${contentsOf(relation, 'planted')} from planted`,
  };
}

/** A row as one object. jsonb_build_object takes 50 pairs at most. */
function contentsOf(relation: RelationFact, row: string): string {
  const pairs = relation.columns.map(
    ({ name }) => `${quoteLiteral(name)}, ${row}.${quoteIdentifier(name)}::text`,
  );
  const objects: string[] = [];
  for (let n = 0; n < pairs.length; n += 50)
    objects.push(`pg_catalog.jsonb_build_object(${pairs.slice(n, n + 50).join(', ')})`);
  return objects.length === 0 ? `'{}'::jsonb` : objects.join(' || ');
}

const plantingBlock = (back: string): string => `
declare
  item jsonb; memory jsonb := ${givenJson('known')}; sql text; at integer; state text; said text; constraint_ text; column_ text; type_ text;
  place bigint; spot text; contents jsonb; answers text[] := '{}';
begin
  for item in select value from pg_catalog.jsonb_array_elements(${givenJson('plantings')}) loop
    at := -1; state := 'WAIT'; said := ''; constraint_ := ''; column_ := ''; type_ := ''; place := 0; spot := ''; contents := '{}';
    if not exists (select from pg_catalog.jsonb_array_elements_text(item->'needs') need where not memory ? need) then
      execute item->>'as';
      for sql in select value from pg_catalog.jsonb_array_elements_text(item->'inserts') loop
        at := at + 1;
        begin
          place := null;
          execute (item->>'before') || sql || ' ' || (item->>'after') into place, spot, contents using memory;
          state := case when place is null then 'SWALLOWED' else '00000' end;
        exception when others then
          get stacked diagnostics state = returned_sqlstate, said = message_text, constraint_ = constraint_name,
            column_ = column_name, type_ = pg_datatype_name;
        end;
        exit when not (item->'goOn') ? (state || ' ' || constraint_);
      end loop;
      execute ${quoteLiteral(back)};
      if state = '00000' then
        memory := memory || pg_catalog.jsonb_build_object(item->>'key', contents);
      end if;
    end if;
    answers := pg_catalog.array_append(answers, pg_catalog.jsonb_build_object('state', state, 'at', at, 'message', said, 'constraint', constraint_,
      'column', column_, 'type', type_, 'tableoid', coalesce(place, 0), 'ctid', coalesce(spot, ''), 'values', coalesce(contents, '{}'))::text);
  end loop;
  perform pg_catalog.set_config('fedgen.answers', '[' || pg_catalog.array_to_string(answers, ',') || ']', true);
end`;
