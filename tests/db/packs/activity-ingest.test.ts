import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { ingestEvents, type FedgenError, type IngestProblem } from '../../../src/index.js';
import { createActivityWorld, order, type ActivityWorld } from '../../support/activity.js';
import { poll } from '../../support/poll.js';

/** Many lines on several connections: what is in is the beginning of the source, in its order. */
let world: ActivityWorld;
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp ingest');
}, 60_000);
afterAll(() => world.close());
afterEach(() => Promise.all([world.admin.query('rollback'), world.superuser.query('rollback')]));

/** Lines of 20 kB each: 100 are about a batch. */
const filler = 'x'.repeat(20_000);
const linesOf = (prefix: string, from: number, to: number): Buffer =>
  Buffer.from(
    Array.from(
      { length: to - from },
      (_, n) => `${JSON.stringify(order(`${prefix}${from + n}`, { attributes: { filler } }))}\n`,
    ).join(''),
  );

async function standing(prefix: string): Promise<string[]> {
  const { rows } = await world.superuser.query<{ ids: string[] | null }>(
    `select array_agg(event_id order by sequence) as ids from activity.events where event_id like $1`,
    [`${prefix}%`],
  );
  return rows.flatMap(({ ids }) => ids ?? []);
}
const idsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const isBalanced = async (): Promise<unknown> =>
  (await world.admin.query<{ balanced: boolean }>('select balanced from mcp.accounting()')).rows[0]?.balanced;

describe('many lines', () => {
  it.each([1, 2, 4])('keep their order on %i connections, and are told by number', async (concurrency) => {
    const prefix = `order${concurrency}_`;
    const problems: IngestProblem[] = [];
    async function* source(): AsyncGenerator<Buffer> {
      yield linesOf(prefix, 0, 600);
      yield Buffer.from('no JSON\n');
      yield await Promise.resolve(linesOf(prefix, 590, 1000));
    }
    const result = await ingestEvents({
      settings: world.settings,
      source: source(),
      concurrency,
      onProblem: (problem) => problems.push(problem),
    });
    expect(result).toEqual({ lines: 1011, events: 1000, duplicates: 10, pending: 0, rejected: 1 });
    expect(await standing(prefix)).toEqual(idsOf(prefix, 1000));
    expect(problems).toEqual([
      { line: 601, outcome: 'rejected', reason: 'malformed_json' },
      ...Array.from({ length: 10 }, (_, n) => ({
        line: 602 + n,
        outcome: 'duplicate',
        reason: 'same_event',
      })),
    ]);
    expect(await isBalanced()).toBe(true);
  });

  it('are in up to where one connection was lost, and the error says how many', async () => {
    async function* source(): AsyncGenerator<Buffer> {
      yield linesOf('lost', 0, 450);
      await world.superuser.query('begin; lock table landing.turn in share mode');
      const killed = poll('one to wait for the turn and the other for the one', async () => {
        // Within a transaction the activity is what it was when it was first asked for.
        await world.superuser.query('select pg_stat_clear_snapshot()');
        const { rows } = await world.superuser.query<{ pid: number; waits: boolean; isJudged: boolean }>(
          `select pid, wait_event_type = 'Lock' as waits,
                  state = 'idle in transaction' and query like '%judge_ingest%' as "isJudged"
             from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and application_name like 'fedgen%'`,
        );
        return rows.some(({ waits }) => waits) ? rows.find(({ isJudged }) => isJudged) : undefined;
      }).then(async (waiting) => {
        await world.superuser.query('select pg_terminate_backend($1)', [waiting.pid]);
        await world.superuser.query('rollback');
      });
      yield linesOf('lost', 450, 900);
      await killed;
    }
    const before = await standing('lost');
    const failure = ingestEvents({ settings: world.settings, source: source() });
    await expect(failure).rejects.toMatchObject({ code: 'E_DB_LOST' });
    const stands = await standing('lost');
    expect(before).toEqual([]);
    expect(stands).toEqual(idsOf('lost', stands.length));
    expect(stands.length).toBeLessThan(900);
    await expect(failure).rejects.toMatchObject({ details: { lines: stands.length } });
    const again = await ingestEvents({
      settings: world.settings,
      source: (async function* () {
        yield await Promise.resolve(linesOf('lost', 0, 900));
      })(),
    });
    expect(again).toMatchObject({ events: 900 - stands.length, duplicates: stands.length });
    expect(await standing('lost')).toEqual(idsOf('lost', 900));
  });
});

it('says what is missing where PUBLIC may make no temporary tables', async () => {
  const ingest = async (): Promise<unknown> =>
    ingestEvents({ settings: world.settings, source: Readable.from([linesOf('temporary', 0, 1)]) });
  await world.superuser.query(`revoke temporary on database ${world.database.name} from public`);
  const refused: unknown = await ingest().catch((cause: unknown) => cause);
  expect(refused).toMatchObject({
    code: 'E_PRIVILEGE',
    message: expect.stringContaining('temporary tables') as string,
  });
  const hint = (refused as FedgenError).hint ?? '';
  expect(hint).toMatch(/^grant temporary on database /);
  await world.superuser.query(hint);
  expect(await ingest()).toMatchObject({ events: 1 });
  await world.superuser.query(`grant temporary on database ${world.database.name} to public`);
});

it('keeps the order of lines whose sizes differ, and the first of each event', async () => {
  const sizes = [700, 700, 10, 300, 1500];
  const lines = Array.from({ length: 3000 }, (_, n) =>
    JSON.stringify(
      order(`sizes${Math.floor(n / 2)}`, {
        attributes: {
          n,
          filler: randomBytes(1500)
            .toString('base64')
            .slice(0, sizes[n % sizes.length]),
        },
      }),
    ),
  );
  const problems: IngestProblem[] = [];
  await ingestEvents({
    settings: world.settings,
    source: Readable.from([Buffer.from(lines.join('\n'))]),
    onProblem: (problem) => problems.push(problem),
  });
  expect(await standing('sizes')).toEqual(idsOf('sizes', 1500));
  expect(problems).toEqual(
    Array.from({ length: 1500 }, (_, n) => ({
      line: 2 * n + 2,
      outcome: 'duplicate',
      reason: 'other_content',
    })),
  );
});

it('rejects lines of any length by their number, and keeps what fits of them', async () => {
  const problems: IngestProblem[] = [];
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${JSON.stringify(order('long0'))}\n`);
    for (let part = 0; part < 50; part += 1) yield await Promise.resolve(Buffer.alloc(6_000_000, 'x'));
    yield Buffer.from(`\n{"text":"${'y'.repeat(1_000_000)}"}\n${JSON.stringify(order('long1'))}`);
  }
  const result = await ingestEvents({
    settings: world.settings,
    source: source(),
    onProblem: (problem) => problems.push(problem),
  });
  expect(result).toEqual({ lines: 4, events: 2, duplicates: 0, pending: 0, rejected: 2 });
  expect(problems).toEqual([
    { line: 2, outcome: 'rejected', reason: 'too_large' },
    { line: 3, outcome: 'rejected', reason: 'too_large' },
  ]);
});

it('looks what waits up by its index, however much comes in', async () => {
  const lines = Array.from({ length: 2000 }, (_, n) =>
    JSON.stringify(
      order(`wait${n}`, n % 2 === 1 ? { depends_on_event_id: `wait${(n + 1) % 2000}` } : undefined),
    ),
  );
  await world.superuser.query(`select pg_stat_reset()`);
  const result = await ingestEvents({
    settings: world.settings,
    source: Readable.from([Buffer.from(lines.join('\n'))]),
  });
  expect(result).toMatchObject({ events: 2000, pending: 0 });
  const scans = await poll('the statistics to come in', async () => {
    const { rows } = await world.superuser.query<{ seq: string; rows: string }>(
      `select seq_tup_read + idx_tup_fetch as rows, seq_scan as seq from pg_stat_user_tables where relid = 'landing.raw_events'::regclass`,
    );
    return Number(rows[0]?.rows) > 0 ? rows[0] : undefined;
  });
  // Each line some times; each pair of them would be a million.
  expect(Number(scans.rows)).toBeLessThan(100_000);
});

it('takes nothing in behind a snapshot that does not see others, nor a second time before the first is taken', async () => {
  await world.admin.query('begin isolation level repeatable read; select mcp.open_ingest()');
  await expect(world.admin.query('select * from mcp.close_ingest()')).rejects.toThrow(/READ COMMITTED/);
  await world.admin.query('rollback; begin; select mcp.open_ingest(); select mcp.judge_ingest()');
  await expect(world.admin.query('select mcp.open_ingest()')).rejects.toThrow(/close_ingest/);
});

describe('the two steps of taking lines in', () => {
  const LINE = JSON.stringify(order('stepped'));

  it('may be taken one by one, or together', async () => {
    for (const [id, judge] of [
      ['two steps', 'select mcp.judge_ingest()'],
      ['one step', 'select'],
    ] as const) {
      await world.admin.query('begin; select mcp.open_ingest()');
      await world.admin.query('insert into pg_temp.incoming (line) values ($1)', [JSON.stringify(order(id))]);
      await world.admin.query(judge);
      expect((await world.admin.query('select * from mcp.close_ingest()')).rows).toEqual([]);
      await world.admin.query('commit');
      expect(await standing(id)).toEqual([id]);
    }
  });

  it('judge without keeping other writers waiting', async () => {
    await world.superuser.query('begin; lock table landing.turn in share mode');
    await world.admin.query('begin; select mcp.open_ingest()');
    await world.admin.query('insert into pg_temp.incoming (line) values ($1)', [LINE]);
    await world.admin.query(`set local lock_timeout = '2s'; select mcp.judge_ingest()`);
    await expect(
      world.admin.query(`set local lock_timeout = '50ms'; select * from mcp.close_ingest()`),
    ).rejects.toThrow(/lock timeout/);
    await world.admin.query('rollback');
    await world.superuser.query('rollback');
  });

  const open = async (): Promise<void> => {
    await world.admin.query('begin; select mcp.open_ingest()');
    await world.admin.query('insert into pg_temp.incoming (line) values ($1)', [LINE]);
  };

  it.each([
    ['add what is judged already', `insert into pg_temp.judged (event_id, action) values ('x', 'system.x')`],
    ['change it', `update pg_temp.judged set action = 'system.permission.granted', source = 'system'`],
    ['read it', 'select * from pg_temp.judged'],
    ['drop it', 'drop table pg_temp.judged'],
    ['widen it', 'alter table pg_temp.judged add column more text'],
    ['guard it', 'alter table pg_temp.judged enable row level security'],
    ['rule it', 'create rule r as on insert to pg_temp.judged do instead nothing'],
    [
      'hook into it',
      `create function pg_temp.hook() returns trigger language plpgsql as 'begin return new; end';
       create trigger t before insert on pg_temp.judged for each row execute function pg_temp.hook()`,
    ],
    ['add rows through a child', 'create temp table child () inherits (pg_temp.judged)'],
    ['call what judges', 'select mcp.judge_lines(true)'],
    ['call what adds', `select mcp.take_lines('MCP')`],
    ['call what adds new ones', `select mcp.take_new_lines('ADMIN')`],
  ])('leave the caller no way to %s', async (_what, attack) => {
    await open();
    await world.admin.query('select mcp.judge_ingest()');
    await expect(world.admin.query(attack)).rejects.toThrow(/permission denied|must be owner/);
    await world.admin.query('rollback');
  });

  it('take no tables of the caller’s for their own', async () => {
    const judged = `create temp table judged (line_no bigint, payload jsonb, event_id text, occurred_at timestamptz,
      actor_id text, action text, object_type text, object_id text, source text, schema_version text, attributes jsonb,
      depends_on_event_id text, fault text);
      insert into judged values (1, '{}', 'forged', now(), 'a', 'system.permission.granted', 'user', 'u', 'system', '2.1.0', '{}')`;
    await world.admin.query(`begin; ${judged}`);
    await expect(world.admin.query('select * from mcp.close_ingest()')).rejects.toThrow(/open_ingest/);
    await world.admin.query('rollback');
    await open();
    await world.admin.query(judged);
    await expect(world.admin.query('select * from mcp.close_ingest()')).rejects.toThrow(/already exists/);
    await world.admin.query('rollback; begin; create temp table incoming (line text)');
    await expect(world.admin.query('select mcp.judge_ingest()')).rejects.toThrow(/open_ingest/);
    await world.admin.query('rollback');
    await open();
    await world.admin.query('select mcp.judge_ingest()');
    await expect(world.admin.query('select mcp.judge_ingest()')).rejects.toThrow(/open_ingest/);
    await world.admin.query('rollback');
    await open();
    await world.admin.query('select mcp.judge_ingest()');
    expect((await world.admin.query('select * from mcp.close_ingest()')).rows).toEqual([]);
    await world.admin.query('commit');
    expect(await standing('stepped')).toEqual(['stepped']);
    expect(await standing('forged')).toEqual([]);
  });
});
