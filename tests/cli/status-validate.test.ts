import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'validate');
  await installation.ok('apply', '--department-id', 'hr', '--department', 'Human Resources');
  await installation.ok('apply', '--department-id', 'legal', '--department', 'Legal');
});
afterAll(async () => await installation.drop());

async function sql(text: string): Promise<void> {
  await withClient(installation.url, (client) => client.query(text));
}

/** Breaks the database, looks, and mends it. */
async function whileBroken(breaking: string, mending: string, look: () => Promise<void>): Promise<void> {
  await sql(breaking);
  try {
    await look();
  } finally {
    await sql(mending);
  }
}

describe('status', () => {
  it('of an empty database says so; --check of one department then fails', async () => {
    const empty = await makeInstallation(inject('testServer'), 'status');
    try {
      expect((await empty.ok('status')).stdout).toContain('nothing was applied here yet');
      expect(parseDocument(await empty.ok('status', '--format', 'json'))).toMatchObject({
        status: { initialized: false, departments: [] },
      });
      expect((await empty.run('status', '--department-id', 'hr', '--check')).code).toBe(1);
    } finally {
      await empty.drop();
    }
  });

  it('lists departments', async () => {
    const { stdout } = await installation.ok('status');
    expect(stdout).toMatch(/^department +name +schema +status +version +pending\n/);
    expect(stdout).toMatch(/^hr +Human Resources +hr_tenant +ACTIVE +0011 +none$/m);
    expect(stdout).toMatch(/^legal +Legal +legal_tenant +ACTIVE +0011 +none$/m);
    expect(stdout).toContain('2 departments in ');
  });

  it('shows one script by script', async () => {
    const { stdout } = await installation.ok('status', '--department-id', 'hr');
    expect(stdout).not.toContain('legal');
    expect(stdout.match(/^00\d\d_\w+ +applied +\d{4}-\d\d-\d\dT\S+Z +postgres +\d+ ms$/gm)).toHaveLength(11);
  });

  it('--check: 0 when all stands, 1 when something is pending or the department is absent', async () => {
    const { ok, run } = installation;
    await ok('status', '--check');
    await ok('status', '--department-id', 'hr', '--check');
    expect((await run('status', '--department-id', 'nobody', '--check')).code).toBe(1);
    await ok('status', '--department-id', 'nobody');
    await ok('rollback', '--department-id', 'legal', '--steps', '2');
    const behind = await run('status', '--check', '--format', 'json');
    expect(behind.code).toBe(1);
    expect(parseDocument(behind)).toMatchObject({
      status: {
        initialized: true,
        departments: [
          { departmentId: 'hr', version: 11, pending: 0 },
          { departmentId: 'legal', version: 9, pending: 2, scripts: [] },
        ],
      },
    });
    const legal = await run('status', '--department-id', 'legal', '--format', 'json');
    expect(parseDocument(legal)).toMatchObject({
      status: {
        departments: [
          {
            scripts: {
              length: 11,
              9: { script: '0010_secure_department', state: 'rolled-back' },
              10: { script: '0011_activate_department', state: 'rolled-back' },
            },
          },
        ],
      },
    });
    await ok('status', '--department-id', 'hr', '--check');
    await ok('apply', '--department-id', 'legal');
    await ok('status', '--check');
  });
});

describe('validate', () => {
  it('passes, in text, with --verbose and in json, and changes nothing', async () => {
    const { ok } = installation;
    const snapshot = (): Promise<string[]> =>
      withClient(installation.url, (client) => snapshotCatalogue(client));
    const before = await snapshot();
    const plain = await ok('validate', '--department-id', 'hr');
    expect(plain.stdout).toMatch(/^Validation of hr \(pack federation, schema hr_tenant\) in .*:\n/);
    expect(plain.stdout).toMatch(/^ {2}✓ contract .*: (\d+) of \1 checks passed$/m);
    expect(plain.stdout).toMatch(/^All \d+ checks passed\.$/m);
    const verbose = await ok('validate', '--department-id', 'hr', '--verbose');
    expect(verbose.stdout.split('\n').length).toBeGreaterThan(plain.stdout.split('\n').length + 24);
    const { validate } = parseDocument(await ok('validate', '--department-id', 'hr', '--format', 'json'));
    expect(validate).toMatchObject({
      schemaVersion: 1,
      passed: true,
      isolationBroken: false,
      targets: [{ target: 'hr', schemas: ['hr_tenant'], passed: true }],
    });
    const names = [...verbose.stdout.matchAll(/^ {4}✓ (\w+):/gm)].map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['schema_exists', 'all_tables_present', 'rls_enabled', 'foreign_read']),
    );
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });

  it('of an unknown department is an error, not a finding', async () => {
    expectError(await installation.run('validate', '--department-id', 'nobody'), 4, 'E_TARGET_UNKNOWN');
  });

  it('exits 1 when an essential index is gone, and says how to mend it', async () => {
    await whileBroken(
      'drop index hr_tenant.idx_tool_calls_status',
      'create index idx_tool_calls_status on hr_tenant.tool_calls (department, status)',
      async () => {
        const result = await installation.run('validate', '--department-id', 'hr');
        expect(result.code, result.stdout).toBe(1);
        expect(result.stdout).toMatch(
          /✗ indexes_created: .*\n.*\n {8}error \S*idx_tool_calls_status.*\n {10}mend \S/,
        );
        // The same is found by the contract and by the comparison with a scratch department.
        expect(result.stdout).toMatch(/^2 checks of \d+ failed\.$/m);
        const json = await installation.run('validate', '--department-id', 'hr', '--format', 'json');
        expect(json.code).toBe(1);
        expect(parseDocument(json)).toMatchObject({ validate: { passed: false, isolationBroken: false } });
      },
    );
    await installation.ok('validate', '--department-id', 'hr');
  });

  it('exits 5 when a grant opens another department', async () => {
    const role = `"${installation.rolePrefix}hr_role"`;
    await whileBroken(
      `grant usage on schema legal_tenant to ${role}; grant select on legal_tenant.api_keys to ${role}`,
      `revoke usage on schema legal_tenant from ${role}; revoke select on legal_tenant.api_keys from ${role}`,
      async () => {
        const result = await installation.run('validate', '--department-id', 'hr');
        expect(result.code).toBe(5);
        expect(result.stdout).toContain('legal_tenant.api_keys');
        expect(result.stdout).toContain('Isolation is broken or unproved');
        const json = await installation.run('validate', '--department-id', 'hr', '--format', 'json');
        expect(json.code).toBe(5);
        expect(parseDocument(json)).toMatchObject({ validate: { passed: false, isolationBroken: true } });
        const generate = [
          'generate',
          '--department-id',
          'hr',
          '--department',
          'Human Resources',
          '--validate',
        ];
        expect((await installation.run(...generate)).code).toBe(5);
      },
    );
    await installation.ok('validate', '--department-id', 'hr');
  });

  it('exits 5 when a membership opens another department', async () => {
    const [hr, legal] = ['hr', 'legal'].map((id) => `"${installation.rolePrefix}${id}_role"`);
    await whileBroken(`grant ${legal} to ${hr}`, `revoke ${legal} from ${hr}`, async () => {
      expect((await installation.run('validate', '--department-id', 'hr')).code).toBe(5);
    });
    await installation.ok('validate', '--department-id', 'hr');
  });

  it('exits 1 when row security is off', async () => {
    await whileBroken(
      'alter table hr_tenant.contacts no force row level security, disable row level security',
      'alter table hr_tenant.contacts enable row level security, force row level security',
      async () => {
        const result = await installation.run('validate', '--department-id', 'hr');
        expect(result.code).not.toBe(0);
        expect(result.stdout).toMatch(
          /✗ rls_enabled: .*\n.*\n {8}error hr_tenant\.contacts: row level security is disabled/,
        );
      },
    );
    await installation.ok('validate', '--department-id', 'hr');
  });
});
