import { z } from 'zod';

/** Severities that may fail a validation, the worst first. */
const SEVERITIES = ['error', 'warning', 'note'] as const;

/** A text that must say something; NUL cannot be part of any name in PostgreSQL. */
const words = (meaning: string): z.ZodString =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
    .describe(meaning);

const names = (meaning: string, each: string): z.ZodOptional<z.ZodArray<z.ZodString>> =>
  z.array(words(each)).describe(meaning).optional();

const waiver = z.strictObject({
  check: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be the code of a check, such as rls_enabled')
    .describe('Code of the check, as reports print it.'),
  object: words('Object of the finding, as reports print it; * stands for any run of characters.'),
  target: words('Department id or pack:<name>, * as above. Default: all targets, and the server.').optional(),
  reason: words('Why this is acceptable for now. Reports repeat it.'),
  until: z.iso
    .date('must be a day that exists, written as "2027-01-31"')
    .describe('The last day on which the waiver holds: YYYY-MM-DD.'),
});

const validateObject = z.strictObject({
  failOn: z
    .enum(SEVERITIES)
    .describe('The mildest severity of a finding that fails `fedgen validate`. Default: error.')
    .optional(),
  waivers: z
    .array(waiver)
    .describe('Findings that are accepted, each until a day. Reports go on showing them. Default: none.')
    .optional(),
  trustedRoles: names(
    "Roles that were made members of fedgen's roles, or given rights, on purpose. Default: none.",
    'Name of a role.',
  ),
  logins: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'))
    .describe(
      'Environment variables with the URLs under which tenants log in: `fedgen validate` logs in as them. Default: none.',
    )
    .optional(),
  extensions: names('Extensions that the database may have. Default: none.', 'Name of an extension.'),
});

/** The key `validate` of the configuration file. */
export const validateSchema = validateObject
  .describe('What `fedgen validate` accepts and what it fails on.')
  .optional();

/** Keys that may stand at a path below `validate`. */
export function knownValidateKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(validateObject.shape);
  return path[0] === 'waivers' && path.length === 2 ? Object.keys(waiver.shape) : [];
}
