// The HTTP interface of ClickHouse in front of chdb, the engine embedded in this process: @clickhouse/client talks to it as to a
// server. A process of its own, because the engine may take the process with it. `node server.mjs <data folder>` prints its
// port and ends when its standard input does.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Session } from 'chdb';
import {
  document,
  emptyStore,
  execute,
  isAccessStatement,
  redirected,
  rowsOf,
  TABLES,
  usersXml,
} from './access.mjs';

const folder = process.argv[2];
const store = emptyStore();
/** Statements that succeeded, for tests that count them. */
const executed = [];
let session;
let sessionOf;

mkdirSync(folder, { recursive: true });
open('default');
session.query('CREATE DATABASE IF NOT EXISTS chdb_access');
for (const table of TABLES)
  session.query(
    `CREATE TABLE IF NOT EXISTS chdb_access.${table} AS system.${table} ENGINE = MergeTree ORDER BY tuple()`,
  );

/** The session of a user; the engine has one at a time. */
function open(user) {
  if (sessionOf === user) return;
  session?.close();
  const file = (name) => path.join(folder, `${name}.xml`);
  writeFileSync(file('users'), user === 'default' ? document() : usersXml(store, user));
  writeFileSync(file('config'), `<clickhouse><users_config>${file('users')}</users_config></clickhouse>`);
  session = new Session(path.join(folder, 'data'), { connectionArgs: [`--config-file=${file('config')}`] });
  sessionOf = user;
}

const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function runAccess(sql) {
  open('default');
  const canonical = session.query(`SELECT formatQuerySingleLine(${quoted(sql)})`, 'TSVRaw').trim();
  execute(store, canonical);
}

/** What was written to each of the stand-in tables last. */
const told = new Map();

/** Brings the stand-in tables up to date, when somebody is about to read them. */
function tell() {
  for (const [table, rows] of Object.entries(rowsOf(store))) {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    if ((told.get(table) ?? '') === lines) continue;
    session.query(`TRUNCATE TABLE chdb_access.${table}`);
    if (lines !== '') session.query(`INSERT INTO chdb_access.${table} FORMAT JSONEachRow ${lines}`);
    told.set(table, lines);
  }
}

const OWN_PARAMETERS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'user',
  'password',
  'role',
  'wait_end_of_query',
  'enable_http_compression',
  'compress',
]);

/** Settings of one request; put back afterwards, since the session outlives it. */
function withSettings(parameters, use) {
  const settings = Object.entries(parameters).filter(([name]) => !OWN_PARAMETERS.has(name));
  if (parameters.database) session.query(`USE ${'`'}${parameters.database}${'`'}`);
  for (const [name, value] of settings) session.query(`SET ${name} = ${quoted(value)}`);
  try {
    return use();
  } finally {
    for (const [name] of settings) if (!name.startsWith('param_')) session.query(`SET ${name} = DEFAULT`);
  }
}

function authenticate(request, parameters) {
  const [, basic] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const [user = 'default', ...rest] = basic
    ? Buffer.from(basic, 'base64').toString().split(':')
    : [parameters.user];
  if (user === 'default') return user;
  const known = store.users.find(({ name }) => name === user);
  const [, how, secret] =
    [...(known?.text ?? '').matchAll(/IDENTIFIED WITH (\w+) BY '([^']*)'/g)].at(-1) ?? [];
  const password = rest.join(':');
  const digest = createHash('sha256').update(password).digest('hex');
  const isRight = how === 'sha256_hash' ? secret.toLowerCase() === digest : secret === password;
  const isShutOut = /HOST NONE(?!.*HOST ANY)/.test(known?.text ?? '');
  if (known && how && isRight && !isShutOut) return user;
  throw new Error(
    `Code: 516. DB::Exception: ${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
  );
}

function answer(sql, parameters) {
  const format = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(sql)?.[1] ?? parameters.default_format ?? 'TabSeparated';
  const out = withSettings(parameters, () => session.query(sql, format));
  return { out, format };
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/ping') return response.end('Ok.\n');
  if (url.pathname === '/executed') return response.end(JSON.stringify(executed));
  const parameters = Object.fromEntries(url.searchParams);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const sql = parameters.query === undefined ? body : `${parameters.query}\n${body}`;
  try {
    const user = authenticate(request, parameters);
    if (user === 'default' && isAccessStatement(sql)) {
      runAccess(sql);
      executed.push(sql);
      return response.end('');
    }
    open(user);
    const mine = user === 'default' ? redirected(sql) : sql;
    if (mine !== sql) tell();
    const { out, format } = answer(mine, parameters);
    executed.push(sql);
    response.setHeader('X-ClickHouse-Query-Id', parameters.query_id ?? '');
    response.setHeader('X-ClickHouse-Format', format);
    response.end(out);
  } catch (error) {
    const message = error.message.replace(/^Query failed: /, '');
    const code = /Code: (\d+)/.exec(message)?.[1];
    response.statusCode = 500;
    if (code) response.setHeader('X-ClickHouse-Exception-Code', code);
    response.end(`${message} (version 26.7.2.1)\n`);
  }
}

const server = http.createServer((request, response) => void serve(request, response));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
