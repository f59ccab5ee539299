import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createActivityWorld, order, type ActivityWorld } from '../support/activity.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectError, makeWorkspace, parseDocument, startCli, type Workspace } from '../support/cli.js';
import { urlAs } from '../support/lending.js';
import { poll } from '../support/poll.js';

let world: ActivityWorld;
let workspace: Workspace;
let mallory: string;
const start = (args: readonly string[], login: string, input?: string | null): ReturnType<typeof startCli> =>
  startCli([...args], {
    cwd: workspace.dir,
    env: { DATABASE_URL: urlAs(world.database, login), FEDGEN_ROLE_PREFIX: world.database.rolePrefix },
    ...(input !== undefined && { input }),
  });
/** After which the command line ends itself, whatever still runs. */
const GRACE_MS = 10_000;
const admin = (): string => `${world.database.rolePrefix}admin`;

beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'cli mistakes');
  workspace = await makeWorkspace();
  mallory = await world.addUser('mallory');
}, 60_000);
afterAll(async () => {
  await world.close();
  await workspace.remove();
});

describe('fedgen activity, mistyped', () => {
  const grant = (...more: readonly string[]): string[] => ['grant', '--user', 'USER', ...more];
  it.each([
    [['grnt'], /Did you mean grant/],
    [['grant'], /--user/],
    [['revoke', '--user', 'USER'], /--reason/],
    [grant('--actions', ','), /allowed_actions/],
    [grant('--actions', 'Order.Placed'), /allowed_actions/],
    [grant('--actions', 'system.user.created'), /none of system/],
    [grant('--actions', 'order.placed', '--max-rows', '-1'), /whole number/],
    [grant('--actions', 'order.placed', '--budget', '99999999999'), /whole number/],
    [grant('--actions', 'order.placed', '--expires', '2020-01-01T00:00:00Z'), /has passed/],
    [grant('--actions', 'order.placed', '--expires', 'infinity'), /is no time/],
    [grant('--actions', 'order.placed', '--expires', '2099-02-30T00:00:00Z'), /is no time/],
    [grant('--actions', 'order.placed', '--expires', '2099-02-28T00:00:00'), /with an offset/],
    [['grant', '--user', 'Mallory', '--actions', 'order.placed'], /lower-case/],
    [['grant', '--user', `x'; drop role y; --`, '--actions', 'order.placed'], /lower-case/],
    [['revoke', '--user', 'nobody', '--reason', 'x'], /no user "nobody"/],
    [['events', 'ingest'], /needs a file/],
    [['events', 'ingest', '.'], /cannot read/],
    [['events', 'ingest', 'a', 'b'], /too many arguments/],
    [['events', 'ingest', '-', '--lane', 'ADMIN'], /DIRECT, TEST_DATA/],
    [['events', 'ingest', '-', '--concurrency', '0'], /--concurrency 0/],
    [['events', 'ingest', '-', '--concurrency', 'two'], /whole number/],
  ])('%j is answered with 2 and what is wrong', async (args, message) => {
    const named = args.map((arg) => (arg === 'USER' ? mallory : arg));
    const { code, stderr } = await start(['activity', ...named], admin(), '').done;
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it.each([
    [['tenant', 'list'], /has no tenants/],
    [['tenant', 'add', '--tenant-id', 'x', '--name', 'X'], /has no tenants/],
    [['seed'], /brings no seed/],
    [['apply', '--all'], /is one installation/],
    [['doctor', '--department-id', 'hr'], /is one installation/],
    [['validate', '--department-id', 'hr'], /is one installation/],
    [['generate', '--engine', 'snowflake', '--apply'], /PostgreSQL only/],
  ])('%j with --pack activity says that it means nothing there', async (args, message) => {
    const result = await start([...args, '--pack', 'activity'], 'postgres').done;
    expect(result.stderr).toMatch(message);
    expectError(result, 2, 'E_USAGE');
  });
});

describe('fedgen activity', () => {
  it('does nothing for a user without rights, and says which are missing', async () => {
    const calls = [
      ['permissions'],
      ['grant', '--user', mallory, '--actions', 'order.placed', '--max-rows', '1000000'],
      ['revoke', '--user', mallory, '--reason', 'x'],
      ['events', 'ingest', '-'],
    ];
    for (const call of calls) {
      const result = await start(['activity', ...call], mallory, JSON.stringify(order('m1'))).done;
      expectError(result, 4, 'E_PRIVILEGE');
      expect(result.stderr).toMatch(/member of mcp_admin/);
    }
    const [, , revoke = []] = calls;
    expect((await start(['activity', ...revoke], admin()).done).code).toBe(0);
  });

  it('accounts for the same lines when two take them in at once', async () => {
    const lines = Array.from({ length: 2000 }, (_, n) => JSON.stringify(order(`twice${n}`))).join('\n');
    const both = await Promise.all(
      [1, 2].map(() => start(['activity', 'events', 'ingest', '-', '--format', 'json'], admin(), lines).done),
    );
    expect(both.map((result) => parseDocument(result)['activity'])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ events: 2000, duplicates: 0 }),
        expect.objectContaining({ events: 0, duplicates: 2000 }),
      ]),
    );
  });

  it('takes garbage as rejected lines, and nothing as nothing', async () => {
    const garbage = await start(
      ['activity', 'events', 'ingest', '-'],
      admin(),
      '\u0000\u0001 garbage\n\n[1,2]\n{"a":',
    ).done;
    expect(garbage.code).toBe(1);
    expect(garbage.stdout).toMatch(/3 lines = 0 events \+ 0 duplicates \+ 0 pending \+ 3 rejected/);
    expect((await start(['activity', 'events', 'ingest', '-'], admin(), '').done).code).toBe(0);
  });

  it('takes nothing in when it is interrupted, and all of it the next time', async () => {
    const lines = JSON.stringify(order('interrupted'));
    await world.superuser.query('begin; lock table landing.turn in share mode');
    const running = start(['activity', 'events', 'ingest', '-'], admin(), lines);
    await poll('the ingestion to wait', async () => {
      const { rowCount } = await world.superuser.query(
        `select from pg_locks where relation = 'landing.turn'::regclass and not granted`,
      );
      return rowCount === 0 ? undefined : true;
    });
    running.kill('SIGINT');
    const { code, stderr } = await running.done;
    await world.superuser.query('rollback');
    expect(code).toBe(130);
    expect(stderr).toMatch(/hint Take the same in again/);
    const again = await start(['activity', 'events', 'ingest', '-', '--format', 'json'], admin(), lines).done;
    expect(parseDocument(again)).toMatchObject({ activity: { events: 1, duplicates: 0 } });
  });

  it('ends at once when it is interrupted while nothing comes', async () => {
    const running = start(['activity', 'events', 'ingest', '-'], admin(), null);
    const result = Promise.race([running.done, sleep(GRACE_MS)]);
    // Nothing tells from outside that it reads; by then it does.
    await sleep(2000);
    running.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130 });
  }, 30_000);
});
