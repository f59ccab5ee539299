import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { loadPack } from '../../../src/packs/load.js';
import { createAttackedWorld, type AttackedWorld } from '../../support/attack.js';

const TABLES = (await loadPack('federation')).tables;

/** Per table: the columns that a row needs, and the column that ages it. `$n` numbers the rows of a test. */
const AGED: Readonly<
  Record<
    string,
    { readonly columns: string; readonly values: string; readonly by: string; readonly age: string }
  >
> = {
  agent_context: {
    columns: 'session_id, context_category, context_data',
    values: `$n, 'c', '{}'`,
    by: 'updated_at',
    age: '2 years',
  },
  conversation_history: {
    columns: 'session_id, turn_index, speaker, message_text',
    values: `$n, 1, 'user', 'm'`,
    by: 'timestamp',
    age: '2 years',
  },
  drive_access_log: {
    columns: 'drive_folder_id, operation',
    values: `$n, 'sync'`,
    by: 'created_at',
    age: '1 year',
  },
  file_attachments: {
    columns: 'session_id, file_name, file_path',
    values: `$n, 'f', 'p'`,
    by: 'created_at',
    age: '2 years',
  },
  email_logs: {
    columns: 'session_id, recipient_email, subject',
    values: `$n, 'a@b', 's'`,
    by: 'created_at',
    age: '2 years',
  },
  notifications: {
    columns: 'user_id, notification_type, title',
    values: `$n, 't', 't'`,
    by: 'created_at',
    age: '6 months',
  },
  user_session_analytics: { columns: 'session_id', values: '$n', by: 'session_start', age: '6 months' },
  training_metrics: {
    columns: 'session_id, metric_type',
    values: `$n, 'm'`,
    by: 'created_at',
    age: '1 year',
  },
  llm_usage_logs: {
    columns: 'session_id, provider, model',
    values: `$n, 'p', 'm'`,
    by: 'created_at',
    age: '2 years',
  },
  stt_usage_logs: { columns: 'session_id, model', values: `$n, 'm'`, by: 'created_at', age: '2 years' },
  tts_usage_logs: { columns: 'session_id, voice', values: `$n, 'v'`, by: 'created_at', age: '2 years' },
  workflow_executions: {
    columns: 'session_id, workflow_id, status',
    values: `$n, 'w', 'COMPLETED'`,
    by: 'created_at',
    age: '90 days',
  },
  error_logs: { columns: 'error_type, error_message', values: `$n, 'm'`, by: 'created_at', age: '90 days' },
  tool_calls: {
    columns: 'tool_call_id, session_id, function_name',
    values: `$n, 's', 'f'`,
    by: 'created_at',
    age: '2 years',
  },
};

let world: AttackedWorld;
beforeAll(async () => {
  world = await createAttackedWorld(inject('testServer'), 'retention');
});
afterAll(() => world.close());
beforeEach(async () => {
  for (const id of ['hr', 'sales'])
    for (const table of [...Object.keys(AGED), 'session_context'])
      await world.run('adm', `delete from ${id}_tenant.${table}`, 'commit');
});

/** Adds a row per label whose age is the table's retention, shifted. */
async function addRows(
  actor: 'hr' | 'sales',
  table: string,
  shifts: Readonly<Record<string, string>>,
): Promise<void> {
  const aged = AGED[table];
  if (!aged) throw new Error(`no rows for ${table}`);
  for (const [label, shift] of Object.entries(shifts)) {
    const sql = `insert into ${actor}_tenant.${table} (${aged.columns}, "${aged.by}")
      values (${aged.values.replace('$n', `'${label}'`)}, now() - interval '${aged.age}' ${shift})`;
    expect([table, await world.run(actor, sql, 'commit')]).toEqual([table, 'INSERT 1']);
  }
}

const PAIR = { old: `- interval '1 hour'`, young: `+ interval '1 hour'` };

/** The labels of the rows that are left. */
async function left(actor: 'hr' | 'sales', table: string): Promise<string[]> {
  const label = (AGED[table]?.columns ?? 'session_id').split(',')[0] ?? '';
  const { rows } = await world
    .client(actor)
    .query<[string]>({ text: `select ${label} from ${actor}_tenant.${table} order by 1`, rowMode: 'array' });
  return rows.map(([value]) => value);
}

async function purge(actor: 'hr' | 'sales' | 'adm', batch?: number): Promise<Record<string, number>> {
  const { rows } = await world
    .client(actor)
    .query<{ table_name: string; rows_deleted: string }>(
      `select * from hr_tenant.purge_expired(${batch ?? ''})`,
    );
  return Object.fromEntries(rows.map((row) => [row.table_name, Number(row.rows_deleted)]));
}

const only = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

describe('purge_expired', () => {
  it('covers exactly the tables that declare an age, by the declared column and age', async () => {
    const declared = TABLES.flatMap(({ name, retention }) =>
      'age' in retention ? [[name, retention.column, retention.age]] : [],
    );
    expect(Object.keys(await purge('hr')).sort()).toEqual(declared.map(([name]) => name).sort());
    const tested = Object.entries(AGED).map(([name, { by, age }]) => [name, by, age]);
    expect([...tested, ['session_context', 'expires_at', '0 days']].sort()).toEqual(declared.sort());
  });

  it.each(Object.keys(AGED))('removes the old row of %s and keeps the young one', async (table) => {
    await addRows('hr', table, PAIR);
    await addRows('sales', table, PAIR);
    expect(only(await purge('hr'))).toEqual({ [table]: 1 });
    expect(await left('hr', table)).toEqual(['young']);
    expect(await left('sales', table)).toEqual(['old', 'young']);
    expect(only(await purge('hr'))).toEqual({});
  });

  it('removes at most a batch of each table, the oldest first', async () => {
    const ages = { a: `- interval '3 days'`, b: `- interval '2 days'`, c: `- interval '1 day'` };
    await addRows('hr', 'notifications', ages);
    await addRows('hr', 'llm_usage_logs', ages);
    expect(only(await purge('hr', 2))).toEqual({ notifications: 2, llm_usage_logs: 2 });
    expect(await left('hr', 'notifications')).toEqual(['c']);
    expect(await left('hr', 'llm_usage_logs')).toEqual(['c']);
    expect(only(await purge('hr', 2))).toEqual({ notifications: 1, llm_usage_logs: 1 });
    expect(only(await purge('hr', 0))).toEqual({});
  });

  it.each(['file_attachments', 'email_logs', 'workflow_executions', 'error_logs'])(
    'keeps a tool call that a young row of %s refers to, until that is gone',
    async (referrer) => {
      await addRows('hr', 'tool_calls', { free: PAIR.old, referred: PAIR.old });
      await addRows('hr', referrer, { young: PAIR.young });
      const refer = `update hr_tenant.${referrer} set tool_call_id = 'referred'`;
      expect(await world.run('hr', refer, 'commit')).toBe('UPDATE 1');
      expect(only(await purge('hr'))).toEqual({ tool_calls: 1 });
      expect(await left('hr', 'tool_calls')).toEqual(['referred']);
      const age = `update hr_tenant.${referrer} set created_at = now() - interval '3 years'`;
      expect(await world.run('hr', age, 'commit')).toBe('UPDATE 1');
      expect(only(await purge('hr'))).toEqual({ [referrer]: 1, tool_calls: 1 });
    },
  );

  it('is run by a department for itself or by an administrator, under row security', async () => {
    await addRows('hr', 'notifications', PAIR);
    const call = 'select count(*) from hr_tenant.purge_expired()';
    expect(await world.run('sales', call)).toBe('42501');
    expect(await world.run('app', call)).toBe('42501');
    // The owner sees no rows (FORCE), so neither does a job that runs as the owner.
    const asOwner = 'select sum(rows_deleted) from hr_tenant.purge_expired()';
    expect(await world.run('owner', asOwner)).toBe('0');
    expect(await world.run('app', `set local role hr_role; ${asOwner}`)).toBe('1');
    expect(only(await purge('adm'))).toEqual({ notifications: 1 });
    expect(await left('hr', 'notifications')).toEqual(['young']);
  });
});

describe('cleanup_expired_session_context', () => {
  const add = async (session: string, ttl: number, age: string): Promise<string> =>
    world.run(
      'hr',
      `insert into hr_tenant.session_context (session_id, context_type, context_key, context_value, ttl_seconds, created_at)
        values ('${session}', 't', 'k', '{}', ${ttl}, now() - interval '${age}')`,
      'commit',
    );
  const clean = (argument = ''): Promise<string> =>
    world.run('hr', `select hr_tenant.cleanup_expired_session_context(${argument})`, 'commit');

  it('removes what has outlived its time to live, a batch at a time', async () => {
    await add('a', 60, '3 minutes');
    await add('b', 60, '2 minutes');
    await add('c', 300, '2 minutes');
    expect(await clean('1')).toBe('1');
    expect(await left('hr', 'session_context')).toEqual(['b', 'c']);
    expect(await clean()).toBe('1');
    expect(await clean()).toBe('0');
    expect(await left('hr', 'session_context')).toEqual(['c']);
  });

  it('computes the end in seconds, in any time zone and across daylight saving', async () => {
    const sql = `set local timezone = 'America/New_York';
      insert into hr_tenant.session_context (session_id, context_type, context_key, context_value, ttl_seconds, created_at)
        values ('dst', 't', 'k', '{}', 7200, '2026-03-08 01:30:00-05');
      select extract(epoch from expires_at - created_at)::int from hr_tenant.session_context`;
    expect(await world.run('hr', sql)).toBe('7200');
  });

  it.each([
    ['no time at all', 0, '23514'],
    ['one second', 1, 'INSERT 1'],
    ['90 days', 7_776_000, 'INSERT 1'],
    ['more than 90 days', 7_776_001, '23514'],
  ])('takes a time to live of %s: %i s gives %s', async (_what, ttl, answer) => {
    expect(await add('x', ttl, '0')).toBe(answer);
  });
});

describe('archive_old_conversation_history', () => {
  it('removes turns older than 2 years, a batch at a time', async () => {
    await addRows('hr', 'conversation_history', {
      a: `- interval '2 days'`,
      b: `- interval '1 day'`,
      c: PAIR.young,
    });
    await addRows('sales', 'conversation_history', PAIR);
    const archive = (argument: string): Promise<string> =>
      world.run('hr', `select hr_tenant.archive_old_conversation_history(${argument})`, 'commit');
    expect(await archive('1')).toBe('1');
    expect(await left('hr', 'conversation_history')).toEqual(['b', 'c']);
    expect(await archive('')).toBe('1');
    expect(await archive('')).toBe('0');
    expect(await left('sales', 'conversation_history')).toEqual(['old', 'young']);
  });
});

describe.each([
  [
    'cross_dept_audit',
    'cleanup_old_audit_logs',
    `source_department_id, query_type, success`,
    `'hr', 'old', true`,
  ],
  ['security_audit', 'cleanup_old_security_audit', 'event_type, query', `'GDPR_REQUEST', 'old'`],
])('of the control plane, %s', (table, cleanup, columns, values) => {
  it(`loses rows older than 2 years to ${cleanup}, a batch at a time, and no others`, async () => {
    const name = `federation.${table}`;
    const count = (): Promise<string> => world.run('adm', `select count(*) from ${name}`);
    const before = Number(await count());
    // Nobody dates a row back while the triggers are on: only a superuser who turns them off.
    const old = `set local session_replication_role = replica;
      insert into ${name} (${columns}, created_at) select ${values}, now() - interval '2 years' - n * interval '1 hour'
        from generate_series(-1, 3) n where n <> 0`;
    expect(await world.run('superuser', old, 'commit')).toBe('INSERT 4');
    const call = (argument: string): Promise<string> =>
      world.run('adm', `select federation.${cleanup}(${argument})`, 'commit');
    expect(await call('2')).toBe('2');
    expect(await call('-1')).toBe('0');
    expect(await call('')).toBe('1');
    expect(await call('')).toBe('0');
    expect(Number(await count())).toBe(before + 1);
    expect(await world.run('hr', `select federation.${cleanup}()`)).toBe('42501');
  });
});
