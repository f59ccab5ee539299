import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { withClient } from '../support/database.js';
import { assertionsOf, SIGNATURES, wrongClaims, type Assertion } from './assertions.js';
import { loadExpectations } from './expectation.js';
import type { Verdict, World } from './model.js';
import { toolFile } from './tools.js';

/** Holds the database against the packs' contracts with pgTAP, whose SQL file is loaded as it is: no extension is installed. */
export async function judgeWithPgtap(world: World): Promise<Verdict> {
  const sql = await readFile(toolFile('pgtap', 'pgtap.sql'), 'utf8');
  const assertions = assertionsOf(world, await loadExpectations());
  return await withClient(world.url, async (client) => {
    await client.query('create schema tap; set search_path = tap, pg_catalog;');
    await client.query(sql);
    const { rows } = await client.query<{ version: string }>('select pgtap_version()::text as version');
    await client.query('select no_plan()');
    const objections = [];
    for (const assertion of assertions) {
      const answer = await ask(client, assertion);
      if (!answer.startsWith('ok '))
        objections.push({ rule: assertion.call, object: objectOf(assertion), message: answer });
    }
    const blindTo: string[] = [];
    for (const claim of wrongClaims(assertions)) {
      const answer = await ask(client, claim);
      if (!answer.startsWith('not ok ')) blindTo.push(`a wrong claim: ${answer}`);
    }
    await client.query('drop schema tap cascade');
    return {
      judge: 'pgtap',
      scope: `pgTAP ${rows[0]?.version ?? ''}, ${assertions.length} assertions over ${world.targets.length} targets`,
      objections,
      blindTo,
    };
  });
}

async function ask(client: pg.Client, { call, args }: Assertion): Promise<string> {
  const casts = [...SIGNATURES[call], 'text'].map((type, at) => `$${at + 1}::${type}`);
  const description = `${call} ${args.map((arg) => (typeof arg === 'string' ? arg : `{${arg.join(', ')}}`)).join(' ')}`;
  const { rows } = await client.query<{ answer: string }>(
    `select tap.${call}(${casts.join(', ')}) as answer`,
    [...args, description],
  );
  return rows[0]?.answer ?? '';
}

/** Privileges on a schema are about the schema; everything else is about what stands in it. */
function objectOf({ call, args }: Assertion): string {
  const [schema, name] = args;
  return (call.endsWith('s_are') && typeof name !== 'string') || call === 'schema_privs_are'
    ? String(schema)
    : `${String(schema)}.${String(name)}`;
}
