import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import { sessionOf } from '../impersonate.js';
import { sqlName } from '../relations.js';
import { DONE, runActs } from '../run.js';
import type { Draft } from './draft.js';
import type { PlantOptions } from './planter.js';
import type { PlantedRow } from './planted-row.js';

/** The row that a tenant has already, seen by whoever is let past row security; undefined where there is none. */
export async function adoptRow(draft: Draft, options: PlantOptions): Promise<PlantedRow | undefined> {
  const { relation } = draft;
  const values = relation.columns.map(
    ({ name }) => `${quoteLiteral(name)}, t.${quoteIdentifier(name)}::text`,
  );
  const pairs = [
    `'tableoid', t.tableoid::bigint`,
    `'ctid', t.ctid::text`,
    `'values', pg_catalog.jsonb_build_object(${values.join(', ')})`,
  ];
  const [answer] = await runActs(
    options.session,
    [
      {
        as: options.by.mode === 'session' ? options.by.back : sessionOf(options.by, options.tenant),
        sql: `select pg_catalog.jsonb_build_object(${pairs.join(', ')})::text from ${sqlName(relation)} t
               where t.${quoteIdentifier(options.tenantColumn)} = ${quoteLiteral(options.tenant.id)} limit 1`,
        counts: 'text',
      },
    ],
    options.by.back,
    options.by.back,
  );
  if (answer?.state !== DONE || answer.text === '') return undefined;
  const found = JSON.parse(answer.text) as Pick<PlantedRow, 'tableoid' | 'ctid' | 'values'>;
  return { relation, draft, by: 'earlier', ...found };
}
