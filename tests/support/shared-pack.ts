import { addTenant, validate, type Settings } from '../../src/index.js';
import { tenantRole } from '../../src/plan/names.js';
import type { TestDatabase } from './database.js';
import { testSettings } from './department.js';

/** A built-in shared pack under test. */
export interface PackUnderTest {
  readonly name: 'shop' | 'bi' | 'csuite';
  readonly schema: string;
  /** Two tenants: alpha attacks, beta is attacked. */
  readonly tenants: Readonly<Record<'alpha' | 'beta', string>>;
  /** The column of the table tenants that holds a tenant's name. */
  readonly nameColumn: string;
}

/** Settings under which the pack is the chosen one. */
export const packSettings = (
  { name }: PackUnderTest,
  database: TestDatabase,
  overrides: Partial<Settings> = {},
): Settings => testSettings(database, { pack: name, ...overrides });

/** The names of the roles in a test's own database, where each carries its prefix. */
export const roleOf = (database: TestDatabase, role: string): string => `${database.rolePrefix}${role}`;

/** The role of a tenant. */
export const roleOfTenant = (
  database: TestDatabase,
  { name, tenants }: PackUnderTest,
  tenant: 'alpha' | 'beta',
): string => tenantRole(name, tenants[tenant], database.rolePrefix);

/** The URL under which a tenant logs in. */
export function urlOfTenant(database: TestDatabase, pack: PackUnderTest, tenant: 'alpha' | 'beta'): string {
  const url = new URL(database.url);
  url.username = roleOfTenant(database, pack, tenant);
  return url.href;
}

/** Adds the two tenants. */
export async function addTenants(settings: Settings, { tenants }: PackUnderTest): Promise<void> {
  for (const [name, tenantId] of Object.entries(tenants)) await addTenant({ settings, tenantId, name });
}

/**
 * What validate finds in a pack: one line per finding. What it says of the server itself, its version
 * and its template database is left out, because the pack has no part in it.
 */
export async function findingsOf(settings: Settings): Promise<string[]> {
  const report = await validate({ settings });
  return [report.checks, ...report.targets.map(({ checks }) => checks)].flatMap((checks) =>
    checks.flatMap(({ code, findings }) =>
      findings
        .map(({ severity, object, message }) => `${severity} ${code} ${object}: ${message}`)
        .filter((line) => !NOT_OF_THE_PACK.some((known) => known.test(line))),
    ),
  );
}

const NOT_OF_THE_PACK = [
  /^note passing_roles role \w+: is a superuser and can log in$/,
  /^\w+ server_version /,
  /^note public_privileges temporary tables in database \S+: PUBLIC may create temporary tables/,
  /^warning create_anywhere public: /,
  /^warning public_privileges schema public: PUBLIC may create objects in it$/,
  // Only 14 says so: it has no views with the rights of who asks.
  /^note views view shop\.visible_\w+: reads with the rights of its owner, whom row security holds as well$/,
  // A provisioner that is no superuser says what it cannot see and try.
  /^warning \w+ \S+: not proven as this role: /,
  /^note orphans .*: rows are hidden from \S+_provisioner; of \d+ references it was not looked whether they point nowhere$/,
];
