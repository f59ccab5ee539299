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
    ...(tenancy === 'shared' ? sharedProblems(raw, columnType, base) : departmentProblems(raw)),
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
  return sharedParts(raw, variables, base);
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
    ...raw.tables.flatMap((table) => [
      table.scope !== 'tenant' && `tables.${table.name}.scope`,
      table.schema !== undefined && `tables.${table.name}.schema`,
    ]),
  ].filter((key) => typeof key === 'string');
  const qualified = raw.functions.filter((name) => name.includes('.')).map((name) => `functions: ${name}`);
  const modes = (raw.identityModes ?? ['role']).filter((mode) => mode !== 'role');
  return [
    ...[...misplaced, ...qualified].map((key) => `${key}: is for packs with tenancy: shared only`),
    ...modes.map((mode) => `identityModes: ${mode}: is for packs with tenancy: shared only`),
  ];
}

function sharedProblems(raw: RawPack, columnType: string, base: Pack | undefined): string[] {
  const schemas = schemasOf(raw, base);
  const named = [
    ...raw.tables.map(({ name, schema }) => [`tables.${name}.schema`, schema] as const),
    ['tenantTable.schema', raw.tenantTable?.schema] as const,
    ...raw.functions.map((name) => [`functions: ${name}`, name.split('.').at(-2)] as const),
  ];
  const lost = (base?.schemas ?? []).filter((schema) => !schemas.includes(schema));
  const modes = raw.identityModes ?? [];
  return [
    ...(tenantType(columnType)
      ? []
      : [`tenantColumn.type: "${columnType}" cannot be one; see docs/packs.md`]),
    ...lost.map((schema) => `schemas: ${schema} of ${base?.name ?? ''} is missing`),
    ...repeated(schemas).map((schema) => `schemas: ${schema} is listed twice`),
    ...repeated(modes).map((mode) => `identityModes: ${mode} is listed twice`),
    ...named
      .filter(([, schema]) => schema !== undefined && !schemas.includes(schema))
      .map(([key, schema]) => `${key}: ${schema ?? ''} is not among the schemas ${schemas.join(', ')}`),
    ...(Object.hasOwn(raw.variables, IDENTITY_VARIABLE)
      ? [`variables.${IDENTITY_VARIABLE}: fedgen keeps this name for the identity mode`]
      : []),
  ];
}

const repeated = (names: readonly string[]): string[] =>
  names.filter((name, at) => names.indexOf(name) !== at);
