import { apply, generate, type Settings } from '../../src/index.js';
import { CONTROL_PLANE, listBuiltInPacks, loadPack } from '../../src/packs/load.js';
import {
  departmentRole,
  departmentSchema,
  packGroup,
  packRoles,
  sharedRoles,
  tenantRole,
} from '../../src/plan/names.js';
import { SHARED_PACKS } from '../support/built-in-packs.js';
import { withClient, type TestDatabase } from '../support/database.js';
import { testSettings } from '../support/department.js';
import { addTenants, type PackUnderTest } from '../support/shared-pack.js';
import type { JudgedTarget, Party, World } from './model.js';

/** A role that nobody gave anything. */
const STRANGER = 'stranger';

const DEPARTMENTS = [
  { departmentId: 'hr', department: 'Human Resources' },
  { departmentId: 'sales', department: "Sales & O'Brien" },
] as const;

type Files = World['files'];
interface Applied {
  readonly targets: readonly JudgedTarget[];
  readonly files: Files;
}

/** Applies every built-in pack with two tenants, and renders the same SQL as files. Roles carry no prefix: the server is its own. */
export async function buildWorld(database: TestDatabase): Promise<World> {
  const settings = testSettings(database, { rolePrefix: '' });
  const applied: Applied[] = [];
  for (const name of await listBuiltInPacks()) {
    // The judges know PostgreSQL alone.
    if ((await loadPack(name)).engine === 'postgres') applied.push(await applyPack(name, settings));
  }
  await withClient(database.url, (client) => client.query(`create role ${STRANGER} login`));
  return {
    url: database.url,
    targets: applied.flatMap(({ targets }) => targets),
    strangers: [STRANGER, sharedRoles('').gateway],
    files: applied.flatMap(({ files }) => files),
  };
}

async function applyPack(name: string, common: Settings): Promise<Applied> {
  const pack = await loadPack(name);
  const settings = { ...common, pack: name };
  if (pack.tenancy === 'schema') return await applyDepartments(pack, settings);
  if (pack.tenancy === 'single') return await applySingle(pack, settings);
  const known = SHARED_PACKS.find((each) => each.pack.name === name)?.pack;
  if (known === undefined)
    throw new Error(`tests/support/built-in-packs.ts has no tenants for the pack ${name}`);
  return await applyShared(pack, known, settings);
}

async function applyDepartments(pack: JudgedTarget['pack'], settings: Settings): Promise<Applied> {
  const targets: JudgedTarget[] = [];
  for (const each of DEPARTMENTS) {
    await apply({ settings, ...each });
    const { departmentId } = each;
    targets.push({
      pack,
      schemas: [departmentSchema(departmentId)],
      parties: withAdmin([departmentRole(departmentId, '')]),
    });
  }
  const { files } = await generate({ settings, ...DEPARTMENTS[0], controlPlane: true });
  return { targets, files: sqlOf(pack.name, files) };
}

async function applyShared(
  pack: JudgedTarget['pack'],
  known: PackUnderTest,
  settings: Settings,
): Promise<Applied> {
  await apply({ settings });
  await addTenants(settings, known);
  const tenants = Object.values(known.tenants).map((id) => tenantRole(pack.name, id, ''));
  const { files } = await generate({ settings });
  return {
    targets: [{ pack, schemas: pack.schemas, parties: withAdmin([packGroup(pack.name, ''), ...tenants]) }],
    files: sqlOf(pack.name, files),
  };
}

const withAdmin = (tenants: readonly string[]): Party[] => [
  ...tenants.map((role): Party => ({ role, as: 'tenant' })),
  { role: sharedRoles('').admin, as: 'admin' },
];

async function applySingle(pack: JudgedTarget['pack'], settings: Settings): Promise<Applied> {
  await apply({ settings });
  const roles = packRoles(pack, '');
  const parties = pack.roles.map(({ name, kind }): Party => ({ role: roles[name] ?? '', as: kind }));
  const { files } = await generate({ settings });
  return { targets: [{ pack, schemas: pack.schemas, parties }], files: sqlOf(pack.name, files) };
}

/** The manifest is no SQL; the control plane belongs to no pack. */
function sqlOf(pack: string, files: Files): Files {
  return files
    .filter(({ name }) => name.endsWith('.sql'))
    .map(({ name, content }) => ({
      name: `${name.startsWith('control_plane.') ? CONTROL_PLANE : pack}/${name}`,
      content,
    }));
}
