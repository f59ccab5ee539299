import pg from 'pg';
import { validate, type Settings } from '../../src/index.js';
import { withClient, type TestDatabase } from './database.js';
import { testSettings } from './department.js';

/** A built-in shared pack under test. */
export interface PackUnderTest {
  readonly name: 'bi' | 'csuite';
  readonly schema: string;
  /** Two tenants: alpha attacks, beta is attacked. */
  readonly tenants: Readonly<Record<'alpha' | 'beta', string>>;
}

/** Settings under which the pack is the chosen one. */
export const packSettings = (
  { name }: PackUnderTest,
  database: TestDatabase,
  overrides: Partial<Settings> = {},
): Settings => testSettings(database, { pack: name, ...overrides });

/** The names of the roles in a test's own database, where each carries its prefix. */
export const roleOf = (database: TestDatabase, role: string): string => `${database.rolePrefix}${role}`;

/** Adds a tenant as "fedgen tenant add" does: role, registration, and the row in the pack's own table of tenants. */
export async function addTenant(
  database: TestDatabase,
  pack: PackUnderTest,
  slug: string,
  id: string,
): Promise<void> {
  const name = roleOf(database, `${pack.name}_${slug}_role`);
  const role = pg.escapeIdentifier(name);
  const group = pg.escapeIdentifier(roleOf(database, `${pack.name}_tenant`));
  const gateway = pg.escapeIdentifier(roleOf(database, 'cross_dept_query_role'));
  const all = pg.escapeIdentifier(roleOf(database, 'federation_tenant'));
  const owner = pg.escapeIdentifier(roleOf(database, 'federation_owner'));
  await withClient(database.url, async (client) => {
    await client.query(
      `create role ${role} login; grant ${group}, ${all} to ${role}; grant ${role} to ${gateway}`,
    );
    await client.query(`begin; set local role ${owner}`);
    await client.query(
      'insert into federation.tenants (role_name, tenant_id, pack, tenant_name) values ($1, $2, $3, $4)',
      [name, id, pack.name, slug],
    );
    await client.query(`select set_config('app.current_tenant_id', $1, true)`, [id]);
    await client.query(`insert into ${pack.schema}.tenants (tenant_id, name) values ($1, $2)`, [id, slug]);
    await client.query('commit');
  });
}

/**
 * What validate finds in a pack, without the attacks: one line per finding. What it says of the server itself and of its
 * template database is left out, because the pack has no part in it.
 */
export async function findingsOf(settings: Settings): Promise<string[]> {
  const report = await validate({ settings, skip: ['probe'] });
  return [report.checks, ...report.targets.map(({ checks }) => checks)].flatMap((checks) =>
    checks.flatMap(({ code, findings }) =>
      findings
        .map(({ severity, object, message }) => `${severity} ${code} ${object}: ${message}`)
        .filter((line) => !OF_THE_SERVER.some((known) => known.test(line))),
    ),
  );
}

const OF_THE_SERVER = [
  /^note passing_roles role \w+: is a superuser and can log in$/,
  /^\w+ server_version /,
  /^note public_privileges database \S+: PUBLIC may create temporary tables/,
  /^warning public_privileges schema public: PUBLIC may create objects in it$/,
];
