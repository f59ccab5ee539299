import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { departmentScripts, writeTinyPack } from '../support/fixtures/packs.js';

let installation: Installation;
let dir: string;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'apply', { FEDGEN_PACK: 'tiny' });
});
beforeEach(async () => void (dir = await writeTinyPack(installation.workspace)));
afterAll(async () => await installation.drop());

const query = async <T extends object>(sql: string, values: unknown[] = []): Promise<T[]> =>
  await withClient(installation.url, async (client) => (await client.query<T>(sql, values)).rows);

const catalogue = (): Promise<string[]> =>
  withClient(installation.url, (client) => snapshotCatalogue(client));
const department = (id: string): string[] => ['--department-id', id, '--department', `The ${id}`];
const standing = (id: string): Promise<{ script: string; state: string }[]> =>
  query('select script, state from federation.schema_migrations where target = $1 order by id', [id]);

describe('on an empty database', () => {
  it('--dry-run prints SQL that psql can run, and changes nothing; with --accept-edited as well', async () => {
    const empty = await makeInstallation(inject('testServer'), 'dry_run');
    try {
      const before = await withClient(empty.url, (client) => snapshotCatalogue(client));
      const { stdout } = await empty.ok('apply', ...department('hr'), '--dry-run');
      await withClient(empty.url, async (client) => {
        expect(diffCatalogues(before, await snapshotCatalogue(client))).toEqual([]);
        expect(stdout).toContain('-- federation 0001_create_control_plane (migrations/0001_');
        expect(stdout).toContain('-- hr 0011_activate_department (templates/federation/0011_');
        await client.query(`begin; ${stdout}`);
        const { rows } = await client.query('select department_id, status from federation.departments');
        expect(rows).toEqual([{ department_id: 'hr', status: 'ACTIVE' }]);
        await client.query('rollback');
      });
      await empty.ok('apply', ...department('hr'), '--accept-edited');
      await empty.ok('validate', '--department-id', 'hr');
    } finally {
      await empty.drop();
    }
  });
});

describe('again', () => {
  it('says that there is nothing to do, and changes nothing', async () => {
    const first = await installation.ok('apply', ...department('again'));
    expect(first.stdout).toMatch(/^Applied \d+ scripts to again_tenant in /);
    const [before, rows] = [await catalogue(), await query('select * from federation.migration_runs')];
    const second = await installation.ok('apply', ...department('again'));
    expect(second.stdout).toBe('Nothing to do: again_tenant stands at 0002_register_department.\n');
    expect(second.stderr).not.toContain('done');
    const json = await installation.ok('apply', '--department-id', 'again', '--format', 'json');
    expect(parseDocument(json)).toMatchObject({
      apply: {
        schema: 'again_tenant',
        role: `${installation.rolePrefix}again_role`,
        controlPlane: [],
        pending: [],
      },
    });
    const dryRun = await installation.ok('apply', ...department('again'), '--dry-run');
    expect(dryRun.stdout).toContain('Nothing to do');
    expect(diffCatalogues(before, await catalogue())).toEqual([]);
    expect(await query('select * from federation.migration_runs')).toEqual(rows);
    expect(await standing('again')).toHaveLength(2);
  });

  it('under another display name keeps the first one and says so', async () => {
    await installation.ok('apply', ...department('renamed'));
    const { stdout } = await installation.ok('apply', '--department-id', 'renamed', '--department', 'Other');
    expect(stdout).toContain('note 0002_register_department stands with other values');
    expect(
      await query(`select department_name as n from federation.departments where department_id = 'renamed'`),
    ).toEqual([{ n: 'The renamed' }]);
  });
});

describe('an edited script', () => {
  it('is refused by its file, and --accept-edited goes on', async () => {
    const file = path.join(dir, '0003_add.sql.njk');
    await writeFile(file, `create table {{ 'a' | qualified(target.schema) }} (b int);\n`);
    await installation.ok('apply', ...department('edited'));
    const before = await catalogue();
    await writeFile(file, `create table {{ 'a' | qualified(target.schema) }} (b bigint);\n`);
    await writeFile(
      path.join(dir, '0004_more.sql.njk'),
      `create table {{ 'c' | qualified(target.schema) }} ();\n`,
    );

    for (const more of [[], ['--dry-run']]) {
      const refused = await installation.run('apply', '--department-id', 'edited', ...more);
      expectError(refused, 4, 'E_SCRIPT_EDITED');
      expect(refused.stderr).toMatch(
        new RegExp(`${file} \\(applied .* by postgres; checksum then [0-9a-f]{12}, now`),
      );
      expect(refused.stderr).toContain('--accept-edited');
    }
    expect((await installation.run('status', '--department-id', 'edited', '--check')).code).toBe(1);
    expect(diffCatalogues(before, await catalogue())).toEqual([]);

    await installation.ok('apply', '--department-id', 'edited', '--accept-edited');
    expect((await standing('edited')).map(({ script }) => script)).toContain('0004_more');
    const types = await query(
      `select format_type(atttypid, null) as type from pg_attribute where attrelid = 'edited_tenant.a'::regclass and attname = 'b'`,
    );
    // Taken as applied, not run.
    expect(types).toEqual([{ type: 'integer' }]);
    await installation.ok('apply', '--department-id', 'edited');
    await installation.ok('status', '--department-id', 'edited', '--check');
  });

  it('is none when only a comment of the template changed', async () => {
    const file = path.join(dir, '0003_add.sql.njk');
    await writeFile(file, `create table {{ 'a' | qualified(target.schema) }} (b int);\n`);
    await installation.ok('apply', ...department('commented'));
    await writeFile(file, `{# why #}create table {{ 'a' | qualified(target.schema) }} (b int);\n`);
    const { stdout } = await installation.ok('apply', '--department-id', 'commented');
    expect(stdout).toContain('Nothing to do');
  });
});

describe('a script that the server refuses', () => {
  const FAULTY = `create table {{ 'kept_not' | qualified(target.schema) }} ();

-- é 💥
{# removed #}
create index a_b on {{ 'a' | qualified(target.schema) }} (b); alter table {{ 'missing' | qualified(target.schema) }} add column c int;
`;

  it('shows file, line, caret and SQLSTATE; leaves nothing of it, keeps those before it, and goes on when mended', async () => {
    const faulty = path.join(dir, '0004_faulty.sql.njk');
    await writeFile(
      path.join(dir, '0003_add.sql.njk'),
      `create table {{ 'a' | qualified(target.schema) }} (b int);\n`,
    );
    await writeFile(faulty, FAULTY);
    await writeFile(
      path.join(dir, '0005_later.sql.njk'),
      `create table {{ 'later' | qualified(target.schema) }} ();\n`,
    );

    const failed = await installation.run('apply', ...department('failing'), '--format', 'json');
    expect(failed.code).toBe(4);
    expect(parseDocument(failed)).toMatchObject({
      error: {
        code: 'E_APPLY_FAILED',
        message: expect.stringContaining(
          `${faulty}: relation "failing_tenant.missing" does not exist (SQLSTATE 42P01)`,
        ) as unknown,
        details: {
          sqlState: '42P01',
          file: faulty,
          scripts: [
            { script: '0001_create_department', state: 'applied' },
            { script: '0002_register_department', state: 'applied' },
            { script: '0003_add', state: 'applied' },
            { script: '0004_faulty', state: 'failed' },
            { script: '0005_later', state: 'not-run' },
          ],
        },
      },
    });
    const tables = `select relname from pg_class where relnamespace = 'failing_tenant'::regnamespace and relkind in ('r', 'i')`;
    expect(await query(tables)).toEqual([{ relname: 'a' }]);
    expect(await standing('failing')).toHaveLength(3);
    expect(
      await query(
        `select state, error like '%missing%' as told from federation.migration_runs order by started_at desc limit 1`,
      ),
    ).toEqual([{ state: 'failed', told: true }]);

    // A fault that the server can place is shown in the template.
    const VIEW = `create view {{ 'v' | qualified(target.schema) }} as select 'é💥', nope from {{ 'a' | qualified(target.schema) }};`;
    await writeFile(faulty, FAULTY.replace(/alter table.*/, VIEW));
    const placed = await installation.run('apply', '--department-id', 'failing');
    expectError(placed, 4, 'E_APPLY_FAILED');
    expect(placed.stderr).toContain(`${faulty}:5: column "nope" does not exist (SQLSTATE 42703)`);
    const lines = placed.stderr.split('\n');
    const at = lines.findIndex((line) => line.includes('nope from'));
    expect(lines[at]).toMatch(/^ {2}5 \| create index /);
    expect(Array.from(lines[at + 1] ?? '').indexOf('^')).toBe(
      Array.from((lines[at] ?? '').split('nope')[0] ?? '').length,
    );

    await writeFile(faulty, FAULTY.replace(/alter table.*/, ''));
    await installation.ok('apply', '--department-id', 'failing');
    expect((await standing('failing')).map(({ script }) => script)).toEqual([
      '0001_create_department',
      '0002_register_department',
      '0003_add',
      '0004_faulty',
      '0005_later',
    ]);
  });

  it('right after the first one, and the next run knows the way', async () => {
    const { '0002_register_department.sql.njk': register = '' } = await departmentScripts();
    const file = path.join(dir, '0002_register_department.sql.njk');
    await writeFile(file, `${register}\nselect 1 / 0;\n`);
    const failed = await installation.run('apply', ...department('early'));
    expectError(failed, 4, 'E_APPLY_FAILED');
    expect(failed.stderr).toContain('division by zero (SQLSTATE 22012)');
    await writeFile(file, register);
    await installation.ok('apply', ...department('early'));
    expect(await standing('early')).toHaveLength(2);
  });
});

it('a script that comes late with a lower number is refused', async () => {
  await writeFile(
    path.join(dir, '0009_last.sql.njk'),
    `create table {{ 'z' | qualified(target.schema) }} ();\n`,
  );
  await installation.ok('apply', ...department('late'));
  const file = path.join(dir, '0005_late.sql.njk');
  await writeFile(file, `create table {{ 'y' | qualified(target.schema) }} ();\n`);
  const refused = await installation.run('apply', '--department-id', 'late');
  expectError(refused, 4, 'E_SCRIPT_ORDER');
  expect(refused.stderr).toContain(`${file} is not applied, but 0009_last with a higher number is`);
});
