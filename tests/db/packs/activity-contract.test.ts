import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../../src/index.js';
import { createActivityWorld, type ActivityWorld } from '../../support/activity.js';

let world: ActivityWorld;
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp contract');
}, 60_000);
afterAll(() => world.close());

describe('the functions', () => {
  it('look no name up in the search_path of who calls: theirs is set, or their body is bound', async () => {
    const { rows } = await world.superuser.query(
      `select count(*) > 30 as many, count(*) filter (where p.prosqlbody is null
         and not coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)) as loose
       from pg_proc p where p.pronamespace in ('landing'::regnamespace, 'activity'::regnamespace, 'mcp'::regnamespace)`,
    );
    expect(rows).toEqual([{ many: true, loose: '0' }]);
  });
});

describe('the contract', () => {
  it('says what the database does', async () => {
    const { files } = await generate({ settings: world.settings });
    const schema = JSON.parse(
      files.find(({ name }) => name === 'activity_contract.json')?.content ?? '',
    ) as object;
    const check = new Ajv2020({ strict: false }).compile(schema);
    const text = fc.constantFrom<unknown>('x', '', null, 3, 'y'.repeat(101), 'SYSTEM', 'mcp');
    const payload = fc.record(
      {
        action: fc.constantFrom<unknown>(
          'order.placed',
          'order',
          'Order.placed',
          'system.x',
          'systems.x',
          'a.b.c',
          7,
          null,
        ),
        occurred_at: fc.constantFrom<unknown>(
          '2024-01-01T00:00:00Z',
          '2024-01-01T00:00:00.123Z',
          '2024-01-01T00:00:00.123456789+05:30',
          '2024-01-01T00:00:0.Z',
          '2024-01-01T00:00:00.12.Z',
          '2024-01-01T0:00:00Z',
          '2024.01-01T00:00:00Z',
          '٢٠٢٤-01-01T00:00:00Z',
          '2024-01-01 00:00+02',
          '2024-01-01',
          5,
          null,
        ),
        event_id: text,
        source: text,
        actor_id: text,
        object: fc.constantFrom<unknown>({ type: 'order', id: '1' }, {}, { id: 4 }, 'o', null),
        attributes: fc.constantFrom<unknown>({}, [], 'a', null),
        schema_version: fc.constantFrom<unknown>('2.0.1', 2, null),
        depends_on_event_id: fc.constantFrom<unknown>('p', '', 1, null),
      },
      { requiredKeys: [] },
    );
    const samples = fc.sample(payload, 1500);
    const { rows } = await world.superuser.query<{ fault: string | null }>(
      'select e.fault from jsonb_array_elements($1) p, landing.as_event(p, 100) e',
      [JSON.stringify(samples)],
    );
    const different = samples.filter((sample, at) => check(sample) !== (rows[at]?.fault === null));
    expect(different.slice(0, 3)).toEqual([]);
  });
});
