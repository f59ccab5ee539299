// A throw-away server, databases cloned from one that has the control plane, and what rounds need of them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startServer } from '../../dist/dev/launch.js';
import { loadPack } from '../../dist/packs/load.js';
import { planDepartment } from '../../dist/plan/target.js';
import { quoteIdentifier } from '../../dist/render/quote.js';
import { createRenderer } from '../../dist/render/render.js';

const FEDGEN = fileURLToPath(new URL('../../bin/fedgen.js', import.meta.url));

/** Makes the world; `remove` ends it. */
export async function makeWorld() {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const server = await startServer({
    env: { ...process.env, TMPDIR: memory },
    auth: 'trust',
    settings: { max_connections: 200 },
  });
  const dir = mkdtempSync(path.join(memory, 'fedgen-peers-'));
  // Tools look for themselves, and for drivers, from the folder that they work in upwards.
  symlinkSync(fileURLToPath(new URL('node_modules', import.meta.url)), path.join(dir, 'node_modules'));
  const { host, port, user } = server;
  const at = (database) => ({
    host,
    port,
    user,
    database,
    url: `postgresql://${user}@${host}:${port}/${database}`,
  });
  const query = async (database, sql) => {
    const client = new pg.Client({ connectionString: at(database).url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    dir,
    at,
    query,
    version: server.version,
    clone: (name, from) => query('postgres', `create database ${name} template ${from}`),
    drop: async (names) => {
      for (const name of names) await query('postgres', `drop database if exists ${name} with (force)`);
    },
    /** Roles belong to the server: those of targets would be there for ever. */
    dropRoles: async (prefix) => {
      const roles = await query(
        'postgres',
        `select rolname from pg_roles where starts_with(rolname, '${prefix}')`,
      );
      if (roles.length > 0)
        await query('postgres', `drop role ${roles.map(({ rolname }) => rolname).join(', ')}`);
    },
    fedgen: (database, args) =>
      run([process.execPath, FEDGEN, ...args], dir, { DATABASE_URL: at(database).url }),
    remove: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Milliseconds that a command takes. @throws Error with what it says where it fails. */
export function run([command, ...args], cwd, env, input = '') {
  const started = performance.now();
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1', ...env },
  });
  if (status !== 0)
    throw new Error(
      `${path.basename(command)} ${args.slice(0, 3).join(' ')}: ${(stderr || stdout).slice(-600)}`,
    );
  return performance.now() - started;
}

/** A command per target, `width` at a time. */
export const runMany = (command, ids, { width, cwd, env }) =>
  run(['xargs', '-P', String(width), '-I{}', ...command], cwd, env, `${ids.join('\n')}\n`);

/** The scripts of a pack as each target of it gets them, with the role that each runs as. */
export async function createScripts(packName, packDirs = []) {
  const pack = await loadPack(packName, packDirs);
  const renderer = await createRenderer(pack);
  return (id, isWanted = () => true) => {
    const plan = planDepartment(pack, { id, name: `Department ${id}` }, { rolePrefix: '', variables: {} });
    return renderer
      .runnable(plan)
      .filter(({ source }) => isWanted(source))
      .map(({ source, up }) => ({
        number: source.number,
        name: source.name.replace(/^\d+_/, ''),
        sql: `${roleOf(source, plan)}${up.sql}\n;set local role none;\n`,
      }));
  };
}

const roleOf = ({ directives }, { roles }) =>
  directives.runAs === 'owner' ? `set local role ${quoteIdentifier(roles.owner)};\n` : '';

/** The same SQL as one query per target, on `width` connections. */
export async function runLimit(url, queries, width) {
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      while (next < queries.length) await client.query(queries[next++]);
      await client.end();
    }),
  );
  return performance.now() - started;
}

/** A pack of departments with one table, for a script that adds a column. */
export function writeSmallPack(dir) {
  const folder = path.join(dir, 'packs', 'small');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'pack.yaml'),
    `name: small
version: 1
description: departments with one table
engine: postgres
tenancy: schema
tenantColumn: { name: department, type: varchar(100) }
tables:
  - { name: notes, category: notes, purpose: What was said, retention: { none: Kept for ever } }
`,
  );
  const notes = `{{ 'notes' | qualified(target.schema) }}`;
  const files = {
    '0001_create_department': `-- fedgen: run-as provisioner
create role {{ target.role | ident }} nologin;
grant {{ roles.tenant | ident }} to {{ target.role | ident }};
grant {{ target.role | ident }} to {{ roles.gateway | ident }};
create schema {{ target.schema | ident }} authorization {{ roles.owner | ident }};
`,
    '0002_register_department': `insert into federation.departments (department_id, department_name, tenant_schema)
values ({{ target.id | literal }}, {{ target.name | literal }}, {{ target.schema | literal }});
create table ${notes} (id uuid not null default gen_random_uuid(), department varchar(100) not null);
`,
    '0002_register_department.down': `drop table ${notes};
delete from federation.departments where department_id = {{ target.id | literal }};
`,
  };
  for (const [name, sql] of Object.entries(files)) writeFileSync(path.join(folder, `${name}.sql.njk`), sql);
  return {
    dirs: [path.join(dir, 'packs')],
    addColumn: () =>
      writeFileSync(
        path.join(folder, '0003_add_body.sql.njk'),
        `alter table ${notes} add column body text;\n`,
      ),
  };
}
