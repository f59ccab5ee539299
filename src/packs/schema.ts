import { z } from 'zod';

const identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/, 'must be a lower-case SQL name')
  .max(63);

const variable = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('enum'),
      values: z.array(z.string()).min(1),
      default: z.string(),
      description: z.string().optional(),
    })
    .refine(({ values, default: value }) => values.includes(value), {
      path: ['default'],
      message: 'must be one of the values',
    }),
  z
    .strictObject({
      type: z.literal('integer'),
      default: z.int(),
      min: z.int().optional(),
      max: z.int().optional(),
      description: z.string().optional(),
    })
    .refine(({ min = -Infinity, max = Infinity, default: value }) => value >= min && value <= max, {
      path: ['default'],
      message: 'must lie between min and max',
    }),
  z.strictObject({ type: z.literal('boolean'), default: z.boolean(), description: z.string().optional() }),
  z.strictObject({ type: z.literal('identifier'), default: identifier, description: z.string().optional() }),
  z.strictObject({ type: z.literal('string'), default: z.string(), description: z.string().optional() }),
]);

const retention = z.union([
  z.strictObject({ age: z.string(), column: identifier, function: identifier.optional() }),
  z.strictObject({ none: z.string().min(1) }),
]);

const table = z.strictObject({
  name: identifier,
  schema: identifier.optional().describe('one of schemas, for a shared pack; default: the first'),
  scope: z
    .enum(['tenant', 'reference', 'mixed'])
    .default('tenant')
    .describe(
      'tenant: every row belongs to one tenant; reference: all tenants read, the platform writes; mixed: rows without a tenant are reference',
    ),
  category: z.string(),
  purpose: z.string().min(1),
  sharing: z.string().default('never').describe('resource name, or never'),
  retention,
  appendOnly: z.boolean().default(false),
  personal: z.array(identifier).default([]).describe('columns with personal data'),
  essentialIndexes: z.array(identifier).default([]),
  sample: z
    .record(identifier, z.string().min(1))
    .default({})
    .describe('SQL literals by column, for probes where no acceptable value can be worked out'),
});

const tenantTable = z.strictObject({
  table: identifier,
  schema: identifier.optional(),
  idColumn: identifier,
  nameColumn: identifier,
});

const seed = z.strictObject({
  tenants: z
    .array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        script: z
          .string()
          .describe("template below the pack's folder, run as the owner acting for the tenant"),
        counts: z
          .record(identifier, z.int().nonnegative())
          .describe('rows that the tenant has at least afterwards, by table of the main schema'),
      }),
    )
    .min(1),
});

const functionName = z
  .string()
  .regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/, 'must be a lower-case SQL name, schema-qualified or not')
  .max(127);

const role = z.strictObject({
  name: identifier.describe('without the prefix of the installation'),
  kind: z
    .enum(['caller', 'operator', 'service', 'accounts'])
    .describe(
      'caller: its members may execute what is listed and nothing else; operator: the same for who runs the pack; service: owns functions; accounts: owns those functions that make logins',
    ),
  purpose: z.string().min(1),
  execute: z.array(z.string()).default([]).describe('functions that it may execute, schema-qualified'),
  read: z.array(z.string()).default([]).describe('tables and views that it may read, schema-qualified'),
});

/** pack.yaml as it stands in the file. Unknown keys are refused. */
export const rawPackSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower case letters, digits and hyphens'),
  version: z.int().positive(),
  description: z.string(),
  extends: z.string().optional().describe('name of the pack whose scripts, tables and variables come first'),
  engine: z
    .enum(['postgres', 'clickhouse'])
    .optional()
    .describe('what it is applied to; default: as the pack that it extends, otherwise postgres'),
  tenancy: z.enum(['schema', 'shared', 'single']).optional(),
  schemas: z
    .array(identifier)
    .min(1)
    .optional()
    .describe("schemas of a shared pack, the main one first; default: the pack's name with underscores"),
  tenantColumn: z.strictObject({ name: identifier, type: z.string() }).optional(),
  tenantTable: tenantTable
    .optional()
    .describe('table of a shared pack with one row per tenant, kept by "fedgen tenant"'),
  seed: seed.optional().describe('tenants with rows to begin with, for "fedgen seed"; shared packs only'),
  identityModes: z
    .array(z.enum(['role', 'signed', 'variable']))
    .min(1)
    .optional()
    .describe('ways in which a shared pack may learn who asks; the first is the default'),
  variables: z.record(identifier, variable).default({}),
  tables: z.array(table).default([]),
  roles: z.array(role).default([]).describe('roles of a pack with tenancy: single, and all that they may do'),
  functions: z.array(functionName).default([]),
});

export type RawPack = z.infer<typeof rawPackSchema>;

/** The JSON Schema of pack.yaml, for editors. */
export function packJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(rawPackSchema, { io: 'input' });
}
