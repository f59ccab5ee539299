import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { applyFleet } from '../../../src/index.js';
import { departments, makeFleet, type TestFleet } from '../../support/fleet.js';

const NOTES = `{{ 'notes' | qualified(target.schema) }}`;
const LEFT = `insert into waits select current_setting('lock_timeout')`;
const OF_NEW = `create table waits as select current_setting('lock_timeout') as ms;\n${LEFT};\n`;

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await makeFleet(inject('testServer'), 'lock waits');
});
afterEach(async () => await fleet.drop());

const waitsIn = async (id: string): Promise<string[]> =>
  (await fleet.query<{ ms: string }>(`select ms from ${id}_tenant.waits order by ctid`)).map(({ ms }) => ms);
const script = async (name: string, sql: string): Promise<void> => {
  await fleet.script(name, sql);
  await fleet.script(`${name}.down`, 'drop table if exists waits;\n');
};
const apply = (count: number): ReturnType<typeof applyFleet> =>
  applyFleet({ settings: fleet.settings, named: departments(count) });

describe('how long a script over many departments waits for locks', () => {
  it('waits half of the time that others may be kept waiting, its statements together', async () => {
    await apply(1);
    await script('0003_wait', `${OF_NEW}do $$ begin perform pg_sleep(0.06); end $$;\n${LEFT};\n`);
    expect((await apply(1)).failed).toEqual([]);
    const [first, second, last] = await waitsIn('d01');
    expect(first).toBe('50ms');
    expect(Number.parseInt(second ?? '', 10)).toBeLessThanOrEqual(50);
    expect(last).toBe('5ms');
  });

  it('a directive, and a department that is made only now, give each statement its time', async () => {
    await script('0003_wait', OF_NEW);
    expect((await apply(1)).failed).toEqual([]);
    expect(await waitsIn('d01')).toEqual(['50ms', '50ms']);
    await script('0004_wait', `-- fedgen: lock-timeout 2s\ndrop table waits;\n${OF_NEW}`);
    expect((await apply(1)).failed).toEqual([]);
    expect(await waitsIn('d01')).toEqual(['2s', '2s']);
  });

  it('an error is still told by its line and place', async () => {
    await apply(1);
    await script(
      '0003_fail',
      `-- größer 🎉\nselect 1;\nselect 2;\nalter table ${NOTES} add column body nothing;\n`,
    );
    const [failure] = (await apply(1)).failed;
    expect(failure?.error.message).toMatch(/0003_fail\.sql\.njk:4: .*\(SQLSTATE 42704\)/);
    expect(failure?.error.message).toMatch(/ +\^/);
    expect(failure?.error.details).toMatchObject({ line: 4 });
  });
});
