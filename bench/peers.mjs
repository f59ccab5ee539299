// fedgen beside other migration tools on the same rendered SQL, each as its documentation says, and beside the limit.
// Writes bench/results.md. Usage: npm run bench:peers [-- --rounds 3 --targets 100 --column-targets 1000 --width 4 --only psql,dbmate]
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { TOOLS } from './peers/tools.mjs';
import { createScripts, makeWorld, runLimit, runMany, writeSmallPack } from './peers/world.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rounds = option('rounds', 3);
const targets = option('targets', 100);
const columnTargets = option('column-targets', 1000);
const width = option('width', 4);

const only = process.argv.includes('--only')
  ? process.argv[process.argv.indexOf('--only') + 1].split(',')
  : undefined;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const idsOf = (label, count) => Array.from({ length: count }, (_, index) => `${label}_${index}`);
const inTurn = (list, round) => list.map((_, index) => list[(index + round) % list.length]);

/** Times by name, in ms per target, of runs that take turns, each in a database of its own. */
async function provision(world, tools) {
  const scripts = await createScripts('federation');
  const times = new Map();
  const runners = [limitRunner(scripts), fedgenRunner, ...tools.map((tool) => toolRunner(tool, scripts))];
  for (let round = 0; round < rounds; round += 1) {
    for (const runner of inTurn(runners, round)) {
      const label = `${runner.name.replaceAll(/[^a-z]/g, '')}${round}`;
      const ids = idsOf(label, Math.ceil(targets * (runner.share ?? 1)));
      const databases = runner.ownDatabases ? ids.map((id) => `b_${id}`) : [`b_${label}`];
      for (const database of databases) await world.clone(database, 'base');
      const ms = await runner.run(world, `b_${label}`, ids);
      await requireAll(world, databases, ids.length);
      await world.drop(databases);
      await world.dropRoles(`${label}_`);
      note(times, runner.name, ms / ids.length);
    }
  }
  return times;
}

function note(times, name, ms) {
  times.set(name, [...(times.get(name) ?? []), ms]);
  console.error(`${name}: ${ms.toFixed(1)} ms per target`);
}

/** A tool that did less than it says would be fast. */
async function requireAll(world, databases, count) {
  let found = 0;
  for (const database of databases) {
    const [row] = await world.query(
      database,
      `select count(*)::int as n from federation.departments where status = 'ACTIVE'`,
    );
    found += row.n;
  }
  if (found !== count) throw new Error(`${databases[0]}: ${found} of ${count} departments are active`);
}

const limitRunner = (scripts) => ({
  name: 'limit',
  run: (world, database, ids) => {
    const queries = ids.map(
      (id) =>
        `begin;\n${scripts(id)
          .map(({ sql }) => sql)
          .join('\n')}\ncommit;`,
    );
    return runLimit(world.at(database).url, queries, width);
  },
});

const fedgenRunner = {
  name: 'fedgen',
  run: (world, database, ids) => {
    const lines = ids.map((id) => `${id},Department ${id}\n`);
    writeFileSync(path.join(world.dir, 'targets.txt'), lines.join(''));
    return world.fedgen(database, ['apply', '--targets-from', 'targets.txt', '--concurrency', String(width)]);
  },
};

const toolRunner = (tool, scripts) => ({
  name: tool.name,
  ownDatabases: tool.ownDatabases,
  share: tool.share,
  run: (world, database, ids) => {
    const parent = path.join(world.dir, database);
    for (const id of ids) {
      const at = world.at(tool.ownDatabases ? `b_${id}` : database);
      tool.prepare(path.join(parent, id), id, scripts(id), at);
    }
    const at = world.at(database);
    const command = tool.command({ ...at, parent });
    return runMany(command, ids, { width, cwd: world.dir, env: { DATABASE_URL: at.url } });
  },
});

/** The same for a script that adds one column to many small targets; dbmate one by one as well as in parallel. */
async function addColumn(world, tools) {
  const small = writeSmallPack(world.dir);
  writeFileSync(path.join(world.dir, 'fedgen.config.yaml'), 'packs: [packs]\npack: small\n');
  const ids = idsOf('s', columnTargets);
  writeFileSync(path.join(world.dir, 'targets.txt'), ids.map((id) => `${id},Department ${id}\n`).join(''));
  await world.clone('small', 'base');
  world.fedgen('small', ['apply', '--targets-from', 'targets.txt']);
  small.addColumn();
  const scripts = await createScripts('small', small.dirs);
  const ofColumn = (id) => scripts(id, ({ number }) => number === 3);
  const nothing = { number: 1, name: 'nothing', sql: 'select 1;' };
  const dbmate = tools.find(({ name }) => name === 'dbmate');
  const psql = tools.find(({ name }) => name === 'psql');
  const times = new Map();
  const timed = async (name, prepare, work) => {
    await world.clone('col', 'small');
    await prepare();
    note(times, name, (await work()) / ids.length);
    const [{ n }] = await world.query(
      'col',
      `select count(*)::int as n from pg_attribute where attname = 'body' and attrelid::regclass::text like 's\\_%\\_tenant.notes'`,
    );
    if (n !== ids.length) throw new Error(`${name}: ${n} of ${ids.length} columns`);
    await world.drop(['col']);
  };
  const viaTool = (tool, atATime) => {
    const at = world.at('col');
    const parent = path.join(world.dir, tool.name);
    const many = (count) =>
      runMany(tool.command({ ...at, parent }), ids, {
        width: count,
        cwd: world.dir,
        env: { DATABASE_URL: at.url },
      });
    const put = (id, list) => tool.prepare(path.join(parent, id), id, list, at);
    return [
      () => {
        // Their ledgers stand already, as they would at the second script of a fleet.
        for (const id of ids) put(id, [nothing]);
        if (tool.name === 'dbmate') many(width);
        for (const id of ids) put(id, tool.name === 'dbmate' ? [nothing, ...ofColumn(id)] : ofColumn(id));
      },
      () => many(atATime),
    ];
  };
  for (let round = 0; round < rounds; round += 1) {
    const queries = ids.map(
      (id) =>
        `begin;\n${ofColumn(id)
          .map(({ sql }) => sql)
          .join('')}\ncommit;`,
    );
    await timed(
      'limit',
      () => undefined,
      () => runLimit(world.at('col').url, queries, width),
    );
    await timed(
      'fedgen',
      () => undefined,
      () => world.fedgen('col', ['apply', '--all', '--concurrency', String(width)]),
    );
    if (psql) await timed('psql', ...viaTool(psql, width));
    if (!dbmate) continue;
    await timed('dbmate', ...viaTool(dbmate, width));
    await timed('dbmate, one by one', ...viaTool(dbmate, 1));
  }
  return times;
}

const number = (value) => value.toFixed(value < 10 ? 2 : 1);

function table(times, versions) {
  const fedgen = median(times.get('fedgen'));
  const rows = [...times]
    .map(([name, all]) => ({ name, all, middle: median(all) }))
    .sort((a, b) => a.middle - b.middle)
    .map(({ name, all, middle }) => {
      const spread = `${number(Math.min(...all))} to ${number(Math.max(...all))}`;
      return `| ${name} | ${versions.get(name) ?? ''} | ${number(middle)} | ${spread} | ${number(middle / fedgen)} |`;
    });
  return ['| tool | version | ms per target | spread | / fedgen |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** What the project promises, by the medians of this run. */
function promises(first, column) {
  const of = (times, name) => median(times.get(name) ?? [Number.NaN]);
  const fedgen = of(first, 'fedgen');
  const peers = [...first.keys()].filter((name) => name !== 'fedgen' && name !== 'limit');
  const fastest = peers.sort((a, b) => of(first, a) - of(first, b))[0];
  const clis = ['node-pg-migrate', 'knex', 'postgrator', 'graphile-migrate'].filter((name) =>
    first.has(name),
  );
  const row = (what, ratio, least) => ({
    what,
    ratio: number(ratio),
    wanted: least,
    ok: least.startsWith('≤') ? ratio <= Number(least.slice(1)) : ratio >= Number(least.slice(1)),
  });
  return [
    row(`fedgen / the limit`, fedgen / of(first, 'limit'), '≤1.15'),
    ...(fastest ? [row(`the fastest peer (${fastest}) / fedgen`, of(first, fastest) / fedgen, '≥1.4')] : []),
    ...clis.map((name) => row(`${name} / fedgen`, of(first, name) / fedgen, '≥4')),
    ...[...column.keys()]
      .filter((name) => name.startsWith('dbmate'))
      .map((name) => row(`one column: ${name} / fedgen`, of(column, name) / of(column, 'fedgen'), '≥20')),
  ];
}

const asked = await Promise.all(TOOLS.map(async (tool) => ({ tool, version: await tool.version() })));
const there = asked
  .filter(({ tool, version }) => version !== undefined && (only === undefined || only.includes(tool.name)))
  .map(({ tool }) => tool);
const missing = asked.filter(({ version }) => version === undefined).map(({ tool }) => tool.name);
const leftOut = asked
  .map(({ tool }) => tool)
  .filter((tool) => !there.includes(tool))
  .map(({ name }) => name);
for (const name of missing)
  console.error(`${name} is not installed: node scripts/install-peers.mjs says why`);
const versions = new Map(asked.map(({ tool, version }) => [tool.name, version]));
const world = await makeWorld();
try {
  await world.query('postgres', 'create database base');
  world.fedgen('base', ['apply', '--all']);
  const first = await provision(world, there);
  const column = await addColumn(world, there);
  const rows = promises(first, column);
  writeFileSync(new URL('results.md', import.meta.url), report(first, column, rows));
  console.table(rows);
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
} finally {
  await world.remove();
}

function report(first, column, rows) {
  const machine = `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux, Node ${process.version}, PostgreSQL ${world.version} with its data in memory`;
  return `# Peers

Written by \`npm run bench:peers\` on ${new Date().toISOString().slice(0, 10)}. ${machine}. Medians of ${rounds} rounds in which the tools take turns, each in a
database of its own cloned from one with the control plane; whole processes, ${width} at a time (\`xargs -P ${width}\`), fedgen with \`--concurrency ${width}\`.
The limit is the same SQL as one query per target on ${width} connections of a process that runs already.

## ${targets} departments of the pack federation: 11 scripts, 24 tables each

${table(first, versions)}

${there.map(({ name, note: text }) => `* ${name}: ${text}.`).join('\n')}${leftOut.length > 0 ? `\n\nNot measured: ${leftOut.join(', ')}.` : ''}

## A script that adds one column, at ${columnTargets} departments with one table

${table(column, versions)}

## What was promised

| | ratio | promised | |
|---|---|---|---|
${rows.map(({ what, ratio, wanted, ok }) => `| ${what} | ${ratio} | ${wanted} | ${ok ? 'held' : '**missed**'} |`).join('\n')}
`;
}
