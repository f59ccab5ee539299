import { FedgenError } from '../shared/errors.js';
import type { Pack, TableContract, VariableSpec } from './pack.js';
import type { RawPack } from './schema.js';
import { tenantType } from './tenant-type.js';

/** What depends on the tenancy of a pack. */
type TenancyParts = Pick<Pack, 'schemas' | 'tenantTable' | 'identityModes' | 'variables' | 'tables'>;

/** The variable through which the identity mode of a shared pack is chosen. */
export const IDENTITY_VARIABLE = 'identity';

/**
 * Reads the parts of pack.yaml that mean something for one tenancy only, with what the pack extends.
 * @throws FedgenError E_PACK_INVALID that lists everything that does not fit the tenancy.
 */
export function tenancyParts(
  raw: RawPack,
  tenancy: Pack['tenancy'],
  columnType: string,
  base: Pack | undefined,
): TenancyParts {
  const variables = { ...base?.variables, ...raw.variables } as Pack['variables'];
  const problems = [
    ...(base && base.tenancy !== tenancy
      ? [`tenancy: ${base.name}, which it extends, is ${base.tenancy}`]
      : []),
    ...(base && raw.engine !== undefined && raw.engine !== base.engine
      ? [`engine: ${base.name}, which it extends, is for ${base.engine}`]
      : []),
    ...(tenancy !== 'shared' && raw.engine === 'clickhouse'
      ? ['engine: packs for clickhouse have tenancy: shared']
      : []),
    ...PROBLEMS[tenancy](raw, base, columnType),
  ];
  if (problems.length > 0) {
    throw new FedgenError('E_PACK_INVALID', `pack ${raw.name}:\n  ${problems.join('\n  ')}`, {
      hint: 'docs/packs.md describes what packs with tenancy: schema and tenancy: shared may say.',
      details: { pack: raw.name, problems },
    });
  }
  if (tenancy === 'schema') {
    const tables = [...(base?.tables ?? []), ...raw.tables.map((table) => ({ ...table, schema: undefined }))];
    return { schemas: [], tenantTable: undefined, identityModes: ['role'], variables, tables };
  }
  return tenancy === 'single' ? singleParts(raw, variables, base) : sharedParts(raw, variables, base);
}

const PROBLEMS: Readonly<
  Record<Pack['tenancy'], (raw: RawPack, base: Pack | undefined, columnType: string) => string[]>
> = {
  schema: departmentProblems,
  shared: sharedProblems,
  single: singleProblems,
};

function singleParts(raw: RawPack, variables: Pack['variables'], base: Pack | undefined): TenancyParts {
  const schemas = schemasOf(raw, base);
  const [main = ''] = schemas;
  const tables = raw.tables.map((table): TableContract => ({ ...table, schema: table.schema ?? main }));
  return {
    schemas,
    tenantTable: undefined,
    identityModes: [],
    variables,
    tables: [...(base?.tables ?? []), ...tables],
  };
}

function sharedParts(raw: RawPack, variables: Pack['variables'], base: Pack | undefined): TenancyParts {
  const schemas = schemasOf(raw, base);
  const [main = ''] = schemas;
  const tables = raw.tables.map((table): TableContract => ({ ...table, schema: table.schema ?? main }));
  const identityModes = raw.identityModes ?? base?.identityModes ?? ['role'];
  const identity: VariableSpec = {
    type: 'enum',
    values: [...identityModes],
    default: identityModes[0] ?? 'role',
  };
  const { tenantTable } = raw;
  return {
    schemas,
    tenantTable: tenantTable ? { ...tenantTable, schema: tenantTable.schema ?? main } : base?.tenantTable,
    identityModes,
    variables: { ...variables, [IDENTITY_VARIABLE]: identity },
    tables: [...(base?.tables ?? []), ...tables],
  };
}

const schemasOf = (raw: RawPack, base: Pack | undefined): readonly string[] =>
  raw.schemas ?? base?.schemas ?? [raw.name.replaceAll('-', '_')];

function departmentProblems(raw: RawPack): string[] {
  const misplaced = [
    raw.schemas && 'schemas',
    raw.tenantTable && 'tenantTable',
    raw.seed && 'seed',
    raw.roles.length > 0 && 'roles',
    ...raw.tables.flatMap((table) => [
      table.scope !== 'tenant' && `tables.${table.name}.scope`,
      table.schema !== undefined && `tables.${table.name}.schema`,
    ]),
  ].filter((key) => typeof key === 'string');
  const qualified = raw.functions.filter((name) => name.includes('.')).map((name) => `functions: ${name}`);
  const modes = (raw.identityModes ?? ['role']).filter((mode) => mode !== 'role');
  return [
    ...[...misplaced, ...qualified].map((key) => `${key}: is not for packs with a schema per department`),
    ...modes.map((mode) => `identityModes: ${mode}: is for packs with tenancy: shared only`),
  ];
}

function sharedProblems(raw: RawPack, base: Pack | undefined, columnType: string): string[] {
  const modes = raw.identityModes ?? [];
  return [
    ...(tenantType(columnType)
      ? []
      : [`tenantColumn.type: "${columnType}" cannot be one; see docs/packs.md`]),
    ...schemaProblems(raw, base),
    ...(raw.roles.length > 0 ? ['roles: is for packs with tenancy: single only'] : []),
    ...repeated(modes).map((mode) => `identityModes: ${mode} is listed twice`),
    ...(Object.hasOwn(raw.variables, IDENTITY_VARIABLE)
      ? [`variables.${IDENTITY_VARIABLE}: fedgen keeps this name for the identity mode`]
      : []),
  ];
}

/** Schemas that are named and not listed, listed twice, or lost. */
function schemaProblems(raw: RawPack, base: Pack | undefined): string[] {
  const schemas = schemasOf(raw, base);
  const named = [
    ...raw.tables.map(({ name, schema }) => [`tables.${name}.schema`, schema] as const),
    ['tenantTable.schema', raw.tenantTable?.schema] as const,
    ...raw.functions.map((name) => [`functions: ${name}`, name.split('.').at(-2)] as const),
    ...raw.roles.flatMap(({ name, execute, read }) =>
      [...execute, ...read].map((each) => [`roles.${name}: ${each}`, each.split('.').at(-2) ?? ''] as const),
    ),
  ];
  const lost = (base?.schemas ?? []).filter((schema) => !schemas.includes(schema));
  return [
    ...lost.map((schema) => `schemas: ${schema} of ${base?.name ?? ''} is missing`),
    ...repeated(schemas).map((schema) => `schemas: ${schema} is listed twice`),
    ...named
      .filter(([, schema]) => schema !== undefined && !schemas.includes(schema))
      .map(([key, schema]) => `${key}: ${schema ?? ''} is not among the schemas ${schemas.join(', ')}`),
  ];
}

/** One installation without tenants: whatever speaks of tenants has no meaning. */
function singleProblems(raw: RawPack, base: Pack | undefined): string[] {
  const roles = [...(base?.roles ?? []), ...raw.roles];
  const misplaced = [
    raw.tenantColumn && 'tenantColumn',
    raw.tenantTable && 'tenantTable',
    raw.seed && 'seed',
    raw.identityModes && 'identityModes',
    ...raw.tables.map((table) => table.scope !== 'tenant' && `tables.${table.name}.scope`),
  ].filter((key) => typeof key === 'string');
  const idle = raw.roles.filter(
    ({ kind, execute, read }) =>
      (kind === 'service' || kind === 'accounts') && execute.length + read.length > 0,
  );
  return [
    ...misplaced.map((key) => `${key}: is for packs with tenants only`),
    ...schemaProblems(raw, base),
    ...repeated(roles.map(({ name }) => name)).map((name) => `roles: ${name} is listed twice`),
    ...(roles.some(({ kind }) => kind === 'caller')
      ? []
      : ['roles: a caller is missing: who uses the pack?']),
    ...idle.map(({ name }) => `roles.${name}: execute and read are for callers and operators`),
  ];
}

const repeated = (names: readonly string[]): string[] =>
  names.filter((name, at) => names.indexOf(name) !== at);
