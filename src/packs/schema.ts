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

/** pack.yaml as it stands in the file. Unknown keys are refused. */
export const rawPackSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower case letters, digits and hyphens'),
  version: z.int().positive(),
  description: z.string(),
  extends: z.string().optional().describe('name of the pack whose scripts, tables and variables come first'),
  engine: z.literal('postgres').default('postgres'),
  tenancy: z.enum(['schema', 'shared']).optional(),
  tenantColumn: z.strictObject({ name: identifier, type: z.string() }).optional(),
  identityModes: z.array(z.enum(['role', 'signed', 'variable'])).default(['role']),
  variables: z.record(identifier, variable).default({}),
  tables: z.array(table).default([]),
  functions: z.array(identifier).default([]),
});

export type RawPack = z.infer<typeof rawPackSchema>;

/** The JSON Schema of pack.yaml, for editors. */
export function packJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(rawPackSchema, { io: 'input' });
}
