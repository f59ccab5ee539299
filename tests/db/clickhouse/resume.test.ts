import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply, rollback, status, type FedgenError, type Settings } from '../../../src/index.js';
import { formatStatus } from '../../../src/report/status-text.js';
import {
  ask,
  clickHouseSettings,
  startClickHouse,
  systemTables,
  type Asking,
  type TestClickHouse,
} from '../../support/clickhouse.js';

let server: TestClickHouse;
let admin: Asking;
let packs: string;
let settings: Settings;

const plain = (text: string): string => text;
const PAINT = { red: plain, green: plain, yellow: plain, cyan: plain, bold: plain, dim: plain };

/** Three statements, of which the second fails as long as a table is missing. */
const BROKEN = (third = 'extra_two'): string => `-- more columns
alter table bi_analytics.dashboard_events add column if not exists extra_one UInt8;
alter table bi_analytics.not_there_yet add column if not exists extra UInt8;
alter table bi_analytics.dashboard_events add column if not exists ${third} UInt8;
`;
const DOWN = `alter table bi_analytics.dashboard_events drop column if exists extra_two;
alter table bi_analytics.dashboard_events drop column if exists extra_one;
`;

const writeScript = (up: string, down = DOWN): Promise<unknown> =>
  Promise.all([
    writeFile(path.join(packs, 'bi-more', '0010_add_columns.sql.njk'), up),
    writeFile(path.join(packs, 'bi-more', '0010_add_columns.down.sql.njk'), down),
  ]);

beforeAll(async () => {
  server = await startClickHouse();
  admin = ask(server);
  packs = await mkdtemp(path.join(tmpdir(), 'fedgen-packs-'));
  await mkdir(path.join(packs, 'bi-more'));
  await writeFile(
    path.join(packs, 'bi-more', 'pack.yaml'),
    'name: bi-more\nversion: 1\ndescription: more columns\nextends: bi-analytics\n',
  );
  settings = clickHouseSettings(server, { pack: 'bi-more', packDirs: [packs] });
});

afterAll(async () => {
  await rm(packs, { recursive: true, force: true });
  await admin.client.close();
  await server.stop();
});

const failed = (work: Promise<unknown>): Promise<FedgenError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as FedgenError,
  );
const times = async (part: string): Promise<number> =>
  (await server.executed()).filter((sql) => sql.startsWith('alter table') && sql.includes(part)).length;

it('tells which statement failed, goes on there, and runs nothing twice', async () => {
  await writeScript(BROKEN());
  const error = await failed(apply({ settings }));
  expect(error).toMatchObject({
    code: 'E_APPLY_FAILED',
    details: {
      script: '0010_add_columns',
      statement: 2,
      statements: 3,
      line: 3,
      clickhouseError: 'UNKNOWN_TABLE',
      scripts: [
        { script: '0001_create_database', state: 'applied' },
        { script: '0002_create_tables', state: 'applied' },
        { script: '0003_create_access', state: 'applied' },
        { script: '0010_add_columns', state: 'failed' },
      ],
    },
  });
  expect(error.message).toMatch(/0010_add_columns\.sql\.njk:3: statement 2 of 3: /);

  const half = await status({ settings });
  expect(half.packs).toMatchObject([{ status: 'HALF-DONE', version: 3, pending: 1 }]);
  expect(half.packs[0]?.scripts.at(-1)).toMatchObject({
    script: '0010_add_columns',
    state: 'half-done',
    progress: { direction: 'apply', statementsDone: 1, statements: 3 },
  });
  expect(formatStatus(half, { detailed: false, paint: PAINT })).toMatch(
    /0010_add_columns +half-done at statement 2 of 3[^]*not_there_yet/,
  );

  await admin.run('create table bi_analytics.not_there_yet (a UInt8) engine = MergeTree order by a');
  const before = await times('extra_one');
  const { scripts } = await apply({ settings });
  expect(scripts.map(({ state }) => state)).toEqual([
    'already-applied',
    'already-applied',
    'already-applied',
    'applied',
  ]);
  expect(await times('extra_one')).toBe(before);
  expect(before).toBe(1);
  expect(await times('extra_two')).toBe(1);
  expect((await status({ settings })).packs).toMatchObject([
    { status: 'INSTALLED', version: 10, pending: 0 },
  ]);
});

it('goes on with an edited script where what was done of it is the same', async () => {
  await rollback({ settings, goal: { kind: 'to', number: 3 } });
  await admin.run('drop table bi_analytics.not_there_yet');
  await failed(apply({ settings }));
  await writeScript(BROKEN().replace('extra_one', 'extra_other'));
  expect(await failed(apply({ settings }))).toMatchObject({
    code: 'E_SCRIPT_EDITED',
    details: { statementsDone: 1 },
  });
  const mended = BROKEN().replace('not_there_yet add column', 'dashboard_events add column');
  await writeScript(
    mended,
    `${DOWN}alter table bi_analytics.dashboard_events drop column if exists extra;\n`,
  );
  await apply({ settings });
  expect((await status({ settings })).packs).toMatchObject([{ version: 10, pending: 0, edited: 0 }]);
  await rollback({ settings, goal: { kind: 'to', number: 3 } });
});

it('rolls back what is half-done, and goes on with a rollback that broke', async () => {
  const without = await systemTables(admin);
  await writeScript(BROKEN());
  await failed(apply({ settings }));
  await rollback({ settings, goal: { kind: 'to', number: 3 } });
  expect(await systemTables(admin)).toEqual(without);

  await writeScript(
    BROKEN().replace('not_there_yet add column', 'dashboard_events add column'),
    `alter table bi_analytics.dashboard_events drop column if exists extra;
alter table bi_analytics.not_there_yet drop column if exists extra;
${DOWN}`,
  );
  await apply({ settings });
  const error = await failed(rollback({ settings, goal: { kind: 'steps', steps: 1 } }));
  expect(error).toMatchObject({ code: 'E_ROLLBACK_FAILED', details: { statement: 2, statements: 4 } });
  expect((await status({ settings })).packs[0]?.scripts.at(-1)).toMatchObject({
    state: 'half-done',
    progress: { direction: 'rollback', statementsDone: 1, statements: 4 },
  });
  await admin.run('create table bi_analytics.not_there_yet (a UInt8) engine = MergeTree order by a');
  const before = await times('drop column if exists extra');
  await rollback({ settings, goal: { kind: 'steps', steps: 1 } });
  expect(await times('drop column if exists extra')).toBe(before + 3);
  await admin.run('drop table bi_analytics.not_there_yet');
  expect(await systemTables(admin)).toEqual(without);
});

it('hears of a mistake of syntax before anything is run, in a rollback as well', async () => {
  const before = await systemTables(admin);
  await writeScript(BROKEN().replace('extra_two UInt8', 'extra_two ='));
  expect(await failed(apply({ settings }))).toMatchObject({
    code: 'E_SQL_INVALID',
    message: expect.stringMatching(/0010_add_columns\.sql\.njk:4: syntax error/) as string,
  });
  await writeScript(BROKEN(), 'alter table bi_analytics.dashboard_events drop column if exists;\n');
  expect(await failed(apply({ settings }))).toMatchObject({
    code: 'E_SQL_INVALID',
    message: expect.stringMatching(/0010_add_columns\.down\.sql\.njk:1: syntax error/) as string,
  });
  expect(await systemTables(admin)).toEqual(before);
});

it('refuses statements that could not be run again', async () => {
  await writeScript('alter table bi_analytics.dashboard_events add column once UInt8;\n');
  expect(await failed(apply({ settings }))).toMatchObject({
    code: 'E_SQL_FORBIDDEN',
    message: expect.stringContaining('could not be run again') as string,
  });
});
