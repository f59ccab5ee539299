import pg from 'pg';
import { z } from 'zod';
import { CONTROL_SCHEMA } from '../../src/plan/names.js';
import { withClient } from '../support/database.js';
import type { Verdict, World } from './model.js';
import { readOutput, toolFile, toolVersion } from './tools.js';

const PACKAGE = '@postgres-language-server/cli-x86_64-linux-gnu';
const CONTROL = 'judged_control';

/**
 * Its lints about what is exposed ask what the roles `anon` and `authenticated` may do in the schemas that are an API: the
 * first has nothing, the second is a member of every tenant's and every caller's role, and every schema is exposed.
 */
function supabaseRoles({ targets }: World): string {
  const users = targets
    .flatMap(({ parties }) => parties)
    .filter(({ as }) => as === 'tenant' || as === 'caller')
    .map(({ role }) => pg.escapeIdentifier(role));
  return `create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
    grant ${users.join(', ')} to authenticated;`;
}

/** What must be objected to, by lint. */
const CONTROLS: Readonly<Record<string, string>> = {
  'security/rlsDisabledInPublic': `create table ${CONTROL}.open_rows (id integer primary key, owner_id integer, password text);`,
  'security/sensitiveColumnsExposed': '',
  'security/policyExistsRlsDisabled': `create table ${CONTROL}.off (id integer primary key); create policy p on ${CONTROL}.off using (id > 0);`,
  'security/rlsEnabledNoPolicy': `create table ${CONTROL}.no_policy (id integer primary key); alter table ${CONTROL}.no_policy enable row level security;`,
  'security/rlsPolicyAlwaysTrue': `create table ${CONTROL}.always (id integer primary key); alter table ${CONTROL}.always enable row level security;
    create policy p on ${CONTROL}.always for update using (true) with check (true);`,
  'security/securityDefinerView': `create view ${CONTROL}.definer_view as select id from ${CONTROL}.open_rows;`,
  'security/materializedViewInApi': `create materialized view ${CONTROL}.materialised as select 1 as n;`,
  'security/functionSearchPathMutable': `create function ${CONTROL}.mutable() returns integer language sql as 'select 1';`,
  'performance/authRlsInitplan': `create table ${CONTROL}.per_row (id integer primary key); alter table ${CONTROL}.per_row enable row level security;
    create policy p on ${CONTROL}.per_row using (id = current_setting('app.id')::integer);`,
  'performance/multiplePermissivePolicies': `create policy q on ${CONTROL}.per_row using (id = 2);`,
  'performance/noPrimaryKey': `create table ${CONTROL}.keyless (n integer references ${CONTROL}.open_rows);`,
  'performance/unindexedForeignKeys': '',
  'performance/duplicateIndex': `create index one on ${CONTROL}.open_rows (owner_id); create index two on ${CONTROL}.open_rows (owner_id);`,
  'performance/unusedIndex': '',
};

const reportSchema = z.object({
  diagnostics: z.array(z.object({ category: z.string(), message: z.string() })),
});

/** Runs the lints of Supabase's splinter, as the Postgres Language Server carries them, over the database. */
export async function judgeWithSplinter(world: World): Promise<Verdict> {
  const program = toolFile('splinter', `${PACKAGE}/postgres-language-server`);
  await withClient(world.url, async (client) => {
    await client.query(supabaseRoles(world));
    await client.query(`create schema ${CONTROL}; ${Object.values(CONTROLS).join('\n')}
      grant usage on schema ${CONTROL} to anon, authenticated;
      grant select on all tables in schema ${CONTROL} to anon, authenticated;`);
    await client.query(exposed(world));
  });
  // A connection that fails, and lints that were left out, look like a clean answer: the controls tell.
  const text = await readOutput(program, [
    'dblint',
    `--connection-string=${world.url}`,
    '--reporter=json',
    '--max-diagnostics=none',
    '--colors=off',
  ]);
  const all = reportSchema.parse(JSON.parse(text)).diagnostics.map(({ category, message }) => ({
    rule: category.replace(/^splinter\//, ''),
    ...describe(message),
  }));
  const ofControls = new Set(all.filter(({ object }) => isControl(object)).map(({ rule }) => rule));
  return {
    judge: 'splinter',
    scope: `splinter in Postgres Language Server ${await toolVersion(PACKAGE)} over ${schemasOf(world).length} schemas`,
    objections: all.filter(({ object }) => !isControl(object)),
    blindTo: Object.keys(CONTROLS).filter((rule) => !ofControls.has(rule)),
  };
}

const isControl = (object: string): boolean => object.startsWith(`${CONTROL}.`);

const schemasOf = ({ targets }: World): string[] => [
  CONTROL_SCHEMA,
  ...targets.flatMap(({ schemas }) => schemas),
];

function exposed(world: World): string {
  const database = pg.escapeIdentifier(new URL(world.url).pathname.slice(1));
  const schemas = pg.escapeLiteral([...schemasOf(world), CONTROL].join(','));
  return `alter database ${database} set pgrst.db_schemas = ${schemas}`;
}

/** Names stand between backticks, some of which come with a backslash; the one with a schema is what it is about. */
function describe(text: string): { object: string; message: string } {
  const message = text.replaceAll('\\`', '`');
  const names = [...message.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return { object: names.find((name) => name.includes('.')) ?? names[0] ?? '', message };
}
