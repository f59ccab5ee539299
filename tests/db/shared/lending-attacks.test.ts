import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALPHA, BETA } from '../../support/lending.js';
import { createLendingWorld, type LendingActor, type LendingWorld } from '../../support/lending-world.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

type Attempt = readonly [sql: string, answer: string, actor?: LendingActor];
/** An attack by alpha, unless it says who else, and the control that proves that it could have worked. */
type Attack = readonly [attack: Attempt, control: Attempt];

const DENIED = '42501';
const FORGED = `set local app.current_tenant_id = '${BETA}'`;

const ROWS: readonly Attack[] = [
  [
    ['select count(*) from lending.books', '2'],
    ['select count(*) from lending.books', '5', 'superuser'],
  ],
  [
    [`select count(*) from lending.books where library_id = '${BETA}'`, '0'],
    [`select count(*) from lending.books where library_id = '${BETA}'`, '3', 'beta'],
  ],
  [
    [`update lending.books set isbn = isbn || 'x'`, 'UPDATE 2'],
    [`update lending.books set isbn = isbn || 'x'`, 'UPDATE 5', 'superuser'],
  ],
  [
    [`update lending.books set library_id = '${BETA}' where id = 2`, DENIED],
    [`update lending.books set library_id = '${ALPHA}' where id = 2`, 'UPDATE 1'],
  ],
  [
    ['delete from lending.loans', 'DELETE 1'],
    ['delete from lending.loans', 'DELETE 2', 'superuser'],
  ],
  [
    [`insert into lending.loans (library_id, book_id, reader) values ('${BETA}', 1, 'x')`, DENIED],
    [`insert into lending.loans (book_id, reader) values (1, 'x')`, 'INSERT 1'],
  ],
  [
    [
      `insert into lending.books (library_id, isbn) values ('${BETA}', 'canary-of-' || 'beta')
       on conflict (library_id, isbn) do update set sequel_of = 1 where books.isbn::int = 0`,
      DENIED,
    ],
    [
      `insert into lending.books (isbn) values ('canary-of-alpha')
       on conflict (library_id, isbn) do update set sequel_of = 1 where books.isbn::int = 0`,
      '22P02',
    ],
  ],
  [
    [`insert into lending.books (isbn) values ('canary-of-' || 'beta')`, 'INSERT 1'],
    [`insert into lending.books (isbn) values ('canary-of-alpha')`, '23505'],
  ],
  [
    ['select count(*) from lending.libraries', '1'],
    ['select count(*) from lending.libraries', '2', 'superuser'],
  ],
  [
    [`update lending.libraries set name = 'x'`, DENIED],
    [`${FORGED}; update lending.libraries set name = 'x'`, 'UPDATE 1', 'adm'],
  ],
  [
    ['delete from lending.libraries', DENIED],
    [`${FORGED}; delete from lending.loans`, 'DELETE 1', 'adm'],
  ],
];

const SHARED_ROWS: readonly Attack[] = [
  [
    [`insert into lending.genres values ('x')`, DENIED],
    [`insert into lending.genres values ('x')`, 'INSERT 1', 'adm'],
  ],
  [
    ['delete from lending.genres', DENIED],
    ['delete from lending.genres', 'DELETE 1', 'adm'],
  ],
  [
    ['select count(*) from lending.notices', '2'],
    ['select count(*) from lending.notices', '3', 'superuser'],
  ],
  [
    [`insert into lending.notices (library_id, body) values (null, 'x')`, DENIED],
    [`insert into lending.notices (body) values ('x')`, 'INSERT 1', 'adm'],
  ],
  [
    [`update lending.notices set library_id = null`, DENIED],
    [`update lending.notices set body = 'x'`, 'UPDATE 1'],
  ],
  [
    ['delete from lending.notices where library_id is null', 'DELETE 0'],
    ['delete from lending.notices where library_id is null', 'DELETE 1', 'adm'],
  ],
  [
    [`update lending.notices set body = 'x' where library_id is null`, 'UPDATE 0'],
    [`update lending.notices set body = 'x' where library_id is null`, 'UPDATE 1', 'adm'],
  ],
];

const REFERENCES: readonly Attack[] = [
  [
    [`insert into lending.loans (book_id, reader) values (77, 'x')`, '23503'],
    [`insert into lending.loans (book_id, reader) values (77, 'x')`, 'INSERT 1', 'beta'],
  ],
  [
    [`insert into lending.books (isbn, sequel_of) values ('x', 77)`, '23503'],
    [`insert into lending.books (isbn, sequel_of) values ('x', 77)`, 'INSERT 1', 'beta'],
  ],
  [
    // beta's books have the same ids: what alpha deletes takes only alpha's along.
    [
      `delete from lending.books where id = 1;
       select string_agg(concat_ws(':', id, coalesce(sequel_of, 0)), ',') || count(l) from lending.books
         left join lateral (select from lending.loans) l on true`,
      '2:00',
    ],
    [
      `select string_agg(concat_ws(':', id, coalesce(sequel_of, 0)), ',' order by id) from lending.books`,
      '1:0,2:1',
    ],
  ],
];

const IDENTITY: readonly Attack[] = [
  [
    [`${FORGED}; select count(*) from lending.books`, '0'],
    [`set local app.current_tenant_id = '${ALPHA}'; select count(*) from lending.books`, '2'],
  ],
  [
    [`${FORGED}; insert into lending.books (isbn) values ('x')`, DENIED],
    [`insert into lending.books (isbn) values ('x')`, 'INSERT 1'],
  ],
  [
    [
      `select set_config('app.tenant_token', 'v1.0123456789abcdef.9999999999.${'0'.repeat(64)}.${BETA}', true);
      select federation.current_tenant('lending')`,
      ALPHA,
    ],
    [`select federation.current_tenant('lending')`, BETA, 'beta'],
  ],
  [
    [`select federation.current_tenant('lending')`, 'null', 'grouped'],
    [`${FORGED}; select federation.current_tenant('lending')`, BETA, 'adm'],
  ],
  [
    [`${FORGED}; select count(*) from lending.books`, '0', 'grouped'],
    [`${FORGED}; select count(*) from lending.books`, '3', 'adm'],
  ],
  [
    ['select count(*) from lending.genres', '0', 'grouped'],
    ['select count(*) from lending.genres', '1'],
  ],
  [
    ['select federation.current_tenant()', 'null'],
    [`select federation.current_tenant('lending')`, ALPHA],
  ],
  [
    [`select federation.current_tenant('federation')`, 'null'],
    [`select federation.current_tenant('lending')`, ALPHA],
  ],
  [
    ['set local role lending_beta_role', DENIED],
    ['set local role lending_beta_role; select count(*) from lending.books', '3', 'app'],
  ],
  [
    ['set local role lending_tenant; select count(*) from lending.books', '0'],
    ['set local role lending_alpha_role; select count(*) from lending.books', '2'],
  ],
  [
    ['select count(*) from lending.books', DENIED, 'app'],
    ['set local role lending_alpha_role; select count(*) from lending.books', '2', 'app'],
  ],
  [
    [
      `create temp table packs (pack text, tenant_group name, identity_mode text);
       insert into packs values ('lending', 'lending_tenant', 'variable');
       set local search_path = pg_temp, federation; ${FORGED};
       select federation.current_tenant('lending')`,
      'null',
    ],
    [
      `create temp table packs (pack text); insert into packs values ('forged');
       set local search_path = pg_temp, federation; select pack from packs`,
      'forged',
    ],
  ],
];

const AROUND: readonly Attack[] = [
  ...[
    'truncate lending.books cascade',
    'drop table lending.loans',
    'alter table lending.books disable row level security',
  ].map((sql): Attack => [
    [sql, DENIED],
    [`set local lock_timeout = 0; ${sql}; select 1`, '1', 'superuser'],
  ]),
  [
    ['create table lending.mine ()', DENIED],
    ['create table lending.mine (); select 1', '1', 'superuser'],
  ],
  [
    ['select count(*) from federation.tenants', DENIED],
    ['select count(*) from federation.tenants', '2', 'adm'],
  ],
  [
    ['select count(*) from federation.packs', DENIED],
    ['select count(*) from federation.packs', '1', 'adm'],
  ],
  [
    ['select count(*) from federation.pack_keys', DENIED, 'adm'],
    ['select count(*) from federation.pack_keys', '0', 'superuser'],
  ],
  [
    [`select federation.token_tenant('lending')`, DENIED],
    [`select federation.token_tenant('lending')`, 'null', 'superuser'],
  ],
  [
    [`update federation.packs set identity_mode = 'variable'`, DENIED, 'adm'],
    [`update federation.packs set identity_mode = 'variable'`, 'UPDATE 1', 'superuser'],
  ],
  [
    ['update lending_log.visits set id = 5', DENIED],
    ['select count(*) from lending_log.visits', '1'],
  ],
  [
    ['delete from lending_log.visits', DENIED, 'superuser'],
    ['insert into lending_log.visits default values', 'INSERT 1'],
  ],
  [
    ['select lending_log.visit_count()', '1'],
    ['select lending_log.visit_count()', '2', 'superuser'],
  ],
  [
    ['drop owned by federation_owner', DENIED],
    ['drop owned by federation_admin_role; select 1', '1', 'superuser'],
  ],
];

const LISTS = { ROWS, SHARED_ROWS, REFERENCES, IDENTITY, AROUND };

describe.each([14, 18] as const)('a hostile tenant of a shared pack on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: LendingWorld;
  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createLendingWorld(server, `lending ${major}`);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  describe.each(Object.entries(LISTS))('%s', (_list, attacks) => {
    const named = attacks.map(
      ([attack, control]) => [attack[0].replace(/\s+/g, ' '), attack, control] as const,
    );
    it.each(named)('%s', async (_sql, attack, control) => {
      expect(await world.run(control[2] ?? 'alpha', control[0])).toBe(control[1]);
      expect(await world.run(attack[2] ?? 'alpha', attack[0])).toBe(attack[1]);
    });
  });

  it.each(['lending_tenant', 'federation_tenant'])(
    'takes nothing from the others by DROP OWNED BY %s',
    async (group) => {
      const visible = 'select count(*) from lending.books b join lending.loans l on l.book_id = b.id';
      expect(await world.run('beta', visible)).toBe('1');
      await world.run('alpha', `drop owned by ${group}`, 'commit');
      expect(await world.run('beta', visible)).toBe('1');
      expect(await world.run('alpha', visible)).toBe('1');
      expect(await world.run('alpha', 'select count(*) from lending.books')).toBe('2');
    },
  );

  it('sees nothing at all while it is suspended, and all of its own afterwards', async () => {
    const set = (status: string): string =>
      `update federation.tenants set status = '${status}' where tenant_id = '${ALPHA}'`;
    const all = `select concat_ws(',', (select count(*) from lending.books), (select count(*) from lending.genres),
      (select count(*) from lending.notices), (select count(*) from lending.libraries))`;
    expect(await world.run('alpha', all)).toBe('2,1,2,1');
    await world.run('adm', set('suspended'), 'commit');
    expect(await world.run('alpha', all)).toBe('0,0,0,0');
    expect(await world.run('alpha', `insert into lending.books (isbn) values ('x')`)).toBe('42501');
    await world.run('adm', set('active'), 'commit');
    expect(await world.run('alpha', all)).toBe('2,1,2,1');
  });
});
