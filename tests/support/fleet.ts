import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Settings } from '../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { testSettings } from './department.js';
import { departmentScripts } from './fixtures/packs.js';
import type { TestServerFacts } from './postgres.js';

/** A pack whose departments are made in a moment: registered, with one table that is secured like any other. */
const PACK_FILE = `name: small
version: 1
description: departments with one table
engine: postgres
tenancy: schema
tenantColumn: { name: department, type: varchar(100) }
tables:
  - name: notes
    category: notes
    purpose: What was said
    retention: { none: Kept for ever }
`;
const NOTES = `{% from "_macros/tables.njk" import department_column, department_keys %}
{% from "_macros/security.njk" import secure %}
create table {{ 'notes' | qualified(target.schema) }} (
  id uuid not null default gen_random_uuid(),
  {{ department_column(target) }},
  {{ department_keys(target, 'notes', 'idx_notes_department') }}
);
{{ secure(target, roles, 'notes') }}
`;

async function smallPack(): Promise<Readonly<Record<string, string>>> {
  const scripts = await departmentScripts();
  const [up, down] = ['0002_register_department.sql.njk', '0002_register_department.down.sql.njk'] as const;
  return {
    ...scripts,
    'pack.yaml': PACK_FILE,
    [up]: `${scripts[up] ?? ''}\n${NOTES}`,
    [down]: `drop table {{ 'notes' | qualified(target.schema) }};\n${scripts[down] ?? ''}`,
  };
}

/** Writes the pack `small` into a folder of its own. */
export async function writeSmallPack(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(await smallPack()))
    await writeFile(path.join(folder, name), content);
}

/** A script that adds a column to every department. */
export const ADD_COLUMN = `alter table {{ 'notes' | qualified(target.schema) }} add column body text;\n`;

/** A fleet of a test's own: a database, a pack folder, and settings for both. */
export interface TestFleet {
  readonly database: TestDatabase;
  readonly settings: Settings;
  /** Adds a script to the pack, or replaces one. */
  readonly script: (name: string, content: string) => Promise<void>;
  readonly removeScript: (name: string) => Promise<void>;
  readonly query: <T extends Record<string, unknown>>(sql: string) => Promise<T[]>;
  readonly drop: () => Promise<void>;
}

/** Makes a fleet whose pack is `small`. */
export async function makeFleet(
  server: TestServerFacts,
  label: string,
  overrides: Partial<Settings> = {},
): Promise<TestFleet> {
  const database = await createTestDatabase(server, label);
  const dir = await mkdtemp(path.join(tmpdir(), 'fedgen-fleet-'));
  const folder = path.join(dir, 'small');
  await writeSmallPack(folder);
  return {
    database,
    settings: testSettings(database, { packDirs: [dir], pack: 'small', ...overrides }),
    script: async (name, content) => await writeFile(path.join(folder, `${name}.sql.njk`), content),
    removeScript: async (name) => await rm(path.join(folder, `${name}.sql.njk`)),
    query: (sql) => withClient(database.url, async (client) => (await client.query(sql)).rows as never),
    drop: async () => {
      await database.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** `d01`, `d02`, …, with names. */
export const departments = (count: number): { id: string; name: string }[] =>
  Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(2, '0');
    return { id: `d${number}`, name: `Department ${number}` };
  });
