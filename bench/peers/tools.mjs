// How each peer is told to run the scripts of one target, as its documentation says, with a ledger of the target's own.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
// The program itself: the package "dbmate" starts it by way of Node, and cannot be locked where builds for other platforms are
// missing from the registry.
const DBMATE = fileURLToPath(new URL('node_modules/@dbmate/linux-x64/bin/dbmate', import.meta.url));
const manifest = (name) => new URL(`node_modules/${name}/package.json`, import.meta.url);

/** The version of a program, by the words that it answers; undefined where there is none. */
function versionOf(command, args, pattern) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (pattern.exec(stdout)?.[1] ?? '') : undefined;
}

async function packageVersion(name) {
  return (await import(manifest(name), { with: { type: 'json' } }).catch(() => undefined))?.default.version;
}

function write(dir, name, content) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, name), content);
}

const inTransaction = (sql) => `begin;\n${sql}\ncommit;\n`;
const numbered = ({ number, name }) => `${String(number).padStart(4, '0')}_${name}`;

/**
 * `prepare` writes what the tool reads for one target; `args` has `{}` where the target's id stands. A tool whose ledger is
 * the database's gets a database per target.
 */
export const TOOLS = [
  {
    name: 'psql',
    note: 'one process per target, one transaction, no ledger',
    version: () => versionOf('psql', ['--version'], /(\d+\.\d+)/),
    prepare: (dir, _id, scripts) => write(dir, 'all.sql', scripts.map(({ sql }) => sql).join('\n')),
    command: ({ url, parent }) => [
      'psql',
      '-X',
      '-q',
      '-1',
      '-v',
      'ON_ERROR_STOP=1',
      '-f',
      `${parent}/{}/all.sql`,
      url,
    ],
  },
  {
    name: 'dbmate',
    note: 'dbmate migrate with a migrations table per target',
    version: () => packageVersion('@dbmate/linux-x64'),
    prepare: (dir, _id, scripts) => {
      for (const script of scripts)
        write(dir, `${numbered(script)}.sql`, `-- migrate:up\n${script.sql}\n-- migrate:down\n`);
    },
    command: ({ url, parent }) => [
      ...[DBMATE, '--url', `${url}?sslmode=disable`, '--no-dump-schema'],
      ...['--migrations-dir', `${parent}/{}`, '--migrations-table', 'm_{}', 'migrate'],
    ],
  },
  {
    name: 'node-pg-migrate',
    note: 'up with a migrations table per target; without its lock, which is the same for the whole database',
    version: () => packageVersion('node-pg-migrate'),
    prepare: (dir, _id, scripts) => {
      for (const script of scripts)
        write(dir, `${numbered(script)}.sql`, `-- Up Migration\n${script.sql}\n-- Down Migration\n`);
    },
    command: ({ parent }) => [
      ...[bin('node-pg-migrate'), 'up', '-m', `${parent}/{}`, '-t', 'm_{}'],
      ...['--no-lock', '--no-verbose'],
    ],
  },
  {
    name: 'knex',
    note: 'migrate:latest with a table per target',
    version: () => packageVersion('knex'),
    prepare: (dir, id, scripts, { url }) => {
      const config = {
        client: 'pg',
        connection: url,
        migrations: { directory: path.join(dir, 'migrations'), tableName: `m_${id}` },
      };
      write(dir, 'knexfile.cjs', `module.exports = ${JSON.stringify(config)};\n`);
      for (const script of scripts)
        write(
          path.join(dir, 'migrations'),
          `${numbered(script)}.cjs`,
          `exports.up = (knex) => knex.raw(${JSON.stringify(script.sql)});\nexports.down = () => undefined;\n`,
        );
    },
    command: ({ parent }) => [bin('knex'), 'migrate:latest', '--knexfile', `${parent}/{}/knexfile.cjs`],
  },
  {
    name: 'postgrator',
    note: 'postgrator-cli with a schema table per target',
    version: () => packageVersion('postgrator'),
    prepare: (dir, id, scripts, { host, port, user, database }) => {
      const config = {
        ...{ driver: 'pg', host, port, username: user, password: '', database },
        migrationPattern: `${dir}/*.sql`,
        schemaTable: `public.m_${id}`,
      };
      write(dir, 'postgrator.json', JSON.stringify(config));
      for (const { number, name, sql } of scripts)
        write(dir, `${String(number).padStart(3, '0')}.do.${name}.sql`, inTransaction(sql));
    },
    command: ({ parent }) => [bin('postgrator'), '-c', `${parent}/{}/postgrator.json`],
  },
  {
    name: 'graphile-migrate',
    note: 'migrate; its ledger is the database’s, so each target has a database of its own, made beforehand',
    version: () => packageVersion('graphile-migrate'),
    ownDatabases: true,
    prepare: (dir, _id, scripts, { url }) => {
      write(dir, 'gmrc.json', JSON.stringify({ connectionString: url, migrationsFolder: dir }));
      let previous;
      for (const { number, sql } of scripts) {
        const body = `${sql.trim()}\n`;
        const sum = `${previous ?? ''}\n${body.trim()}`.trim();
        const hash = `sha1:${createHash('sha1').update(`${sum}\n`).digest('hex')}`;
        write(
          path.join(dir, 'committed'),
          `${String(number).padStart(6, '0')}.sql`,
          `--! Previous: ${previous ?? '-'}\n--! Hash: ${hash}\n\n${body}`,
        );
        previous = hash;
      }
    },
    command: ({ parent }) => [bin('graphile-migrate'), 'migrate', '-c', `${parent}/{}/gmrc.json`],
  },
  {
    name: 'sqitch',
    note: 'deploy with a registry schema per target; at a tenth of the targets, for it takes seconds for each',
    share: 0.1,
    version: () => versionOf('sqitch', ['--version'], /v?(\d+\.\d+\.\d+)/),
    prepare: (dir, id, scripts) => {
      const changes = scripts.map(
        (script) => `${numbered(script)} 2026-01-01T00:00:00Z bench <bench@example.org>`,
      );
      write(dir, 'sqitch.plan', `%syntax-version=1.0.0\n%project=${id}\n\n${changes.join('\n')}\n`);
      write(
        dir,
        'sqitch.conf',
        '[core]\n\tengine = pg\n[user]\n\tname = bench\n\temail = bench@example.org\n',
      );
      for (const script of scripts)
        write(path.join(dir, 'deploy'), `${numbered(script)}.sql`, inTransaction(script.sql));
    },
    command: ({ url, parent }) => [
      ...['sqitch', '--chdir', `${parent}/{}`, 'deploy', '--quiet', '--registry', 'm_{}'],
      ...['--target', url.replace('postgresql://', 'db:pg://')],
    ],
  },
];
