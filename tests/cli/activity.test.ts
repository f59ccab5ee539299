import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createActivityWorld, order, type ActivityWorld } from '../support/activity.js';
import {
  expectError,
  makeWorkspace,
  parseDocument,
  startCli,
  type CliResult,
  type Workspace,
} from '../support/cli.js';
import { urlAs } from '../support/lending.js';

let world: ActivityWorld;
let workspace: Workspace;
const run = (args: readonly string[], input?: string | Buffer): Promise<CliResult> =>
  startCli(['activity', ...args], {
    cwd: workspace.dir,
    env: { DATABASE_URL: urlAs(world.database, `${world.database.rolePrefix}admin`) },
    ...(input !== undefined && { input: input.toString() }),
  }).done;

beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'cli activity');
  workspace = await makeWorkspace();
}, 60_000);
afterAll(async () => {
  await world.close();
  await workspace.remove();
});

describe('fedgen activity', () => {
  it('adds a user, whose password it tells once, and who can log in with it', async () => {
    const user = `${world.database.rolePrefix}jane`;
    const args = [
      'user',
      'add',
      '--user',
      user,
      '--email',
      'j@x',
      '--department',
      'Sales',
      '--actions',
      'order.placed',
    ];
    const { stdout, code } = await run(args);
    expect(code).toBe(0);
    const [password] = /[0-9a-f]{32}/.exec(stdout) ?? [];
    expect(password).toBeDefined();
    expectError(await run(args), 2, 'E_USAGE');
    const { rows } = await world.superuser.query<{ stored: string }>(
      'select rolpassword as stored from pg_authid where rolname = $1',
      [user],
    );
    expect(rows[0]?.stored).toMatch(/^SCRAM-SHA-256\$/);
  });

  it('grants, lists and revokes', async () => {
    const user = `${world.database.rolePrefix}jane`;
    const granted = await run([
      'grant',
      '--user',
      user,
      '--actions',
      'order.placed, user.signup',
      '--max-rows',
      '0',
      '--budget',
      '9',
      '--can-export',
      '--expires',
      '2099-01-01T00:00:00Z',
    ]);
    expect(granted).toMatchObject({ code: 0, stdout: `Permission granted to ${user}.\n` });
    const listed = parseDocument(await run(['permissions', '--format', 'json']));
    expect(listed).toMatchObject({
      activity: [
        {
          username: user,
          status: 'ACTIVE',
          maxRows: 0,
          budgetSeconds: 9,
          canExport: true,
          allowedActions: ['order.placed', 'user.signup'],
        },
      ],
    });
    expect((await run(['revoke', '--user', user, '--reason', 'done'])).code).toBe(0);
    expect((await run(['permissions'])).stdout).toMatch(/jane +REVOKED/);
    const then = new Date(Date.now() - 3_600_000).toISOString();
    expect((await run(['permissions', '--at', then])).stdout).toBe('Nobody has had a permission.\n');
  });

  it('says what is wrong with a call', async () => {
    expectError(await run(['grant', '--user', 'nobody_here', '--actions', 'order.placed']), 2, 'E_USAGE');
    expectError(await run(['permissions', '--at', 'tomorrow']), 2, 'E_USAGE');
    expectError(await run(['events', 'ingest', 'no-such-file']), 2, 'E_USAGE');
    const elsewhere = startCli(
      [
        'activity',
        'permissions',
        '--database-url',
        world.database.url.replace(world.database.name, 'postgres'),
      ],
      { cwd: workspace.dir },
    );
    expectError(await elsewhere.done, 4, 'E_TARGET_UNKNOWN');
  });

  it('takes in lines, tells of those that are no events by their number, and loses none', async () => {
    const lines = [
      JSON.stringify(order('i1')),
      '',
      JSON.stringify(order('i1')),
      '{"broken',
      JSON.stringify(order('i1', { attributes: { amount: 1 } })),
      JSON.stringify(order('child', { depends_on_event_id: 'parent' })),
      JSON.stringify(order('late child', { depends_on_event_id: 'i3' })),
      JSON.stringify({
        action: 'system.permission.granted',
        source: 'system',
        occurred_at: '2024-01-01T00:00:00Z',
      }),
      '\\.',
      '{"action":"order.placed","occurred_at":"2024-02-31T00:00:00Z"}\r',
      `{"action":"a.b","occurred_at":"2024-01-01T00:00:00Z","source":"\u0001\u0002"}`,
      `{"action":"a.b","occurred_at":"2024-01-01T00:00:00Z","attributes":{"t":"back\\\\slash, \\"quote\\", é 💥"}}\r`,
      JSON.stringify(order('i3')),
    ];
    const result = await run(['events', 'ingest', '-'], lines.join('\n'));
    expect(result.code).toBe(1);
    expect(result.stdout.trim().split('\n')).toEqual([
      'line 3: duplicate (same_event)',
      'line 4: rejected (malformed_json)',
      'line 5: duplicate (other_content)',
      'line 6: pending (waits_for_parent)',
      'line 8: rejected (reserved_namespace)',
      'line 9: rejected (malformed_json)',
      'line 10: rejected (occurred_at_malformed)',
      'line 11: rejected (malformed_json)',
      '12 lines = 4 events + 2 duplicates + 1 pending + 5 rejected',
    ]);
    const { rows } = await world.admin.query('select balanced, conflicts, pending from mcp.accounting()');
    expect(rows).toEqual([{ balanced: true, conflicts: '1', pending: '1' }]);
  });

  it('numbers lines across batches, keeps lines that are no UTF-8, and is harmless to repeat', async () => {
    // Twenty megabytes are more than one batch.
    const filler = 'x'.repeat(20_000);
    const good = Array.from({ length: 1000 }, (_, n) =>
      JSON.stringify(order(`b${n}`, { attributes: { filler } })),
    );
    const content = Buffer.concat([
      Buffer.from(`${good.join('\n')}\n`),
      Buffer.from([0xff, 0x7b, 0x00, 0x0a]),
      randomBytes(30).map((byte) => (byte === 0x0a ? 0x20 : byte)),
      Buffer.from(`\n${JSON.stringify(order('last'))}`),
    ]);
    await writeFile(path.join(workspace.dir, 'events.ndjson'), content);
    const first = parseDocument(await run(['events', 'ingest', 'events.ndjson', '--format', 'json']));
    expect(first).toMatchObject({
      activity: {
        lines: 1003,
        events: 1001,
        rejected: 2,
        problems: [
          { line: 1001, outcome: 'rejected', reason: 'malformed_json' },
          { line: 1002, outcome: 'rejected', reason: 'malformed_json' },
        ],
      },
    });
    const again = parseDocument(await run(['events', 'ingest', 'events.ndjson', '--format', 'json']));
    expect(again).toMatchObject({ activity: { events: 0, duplicates: 1001, rejected: 2 } });
  });
});
