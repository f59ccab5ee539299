import { z } from 'zod';
import { SSL_MODES } from './database.js';
import { DURATION_FORM, DURATION_PATTERN, MAX_DURATION_MS, parseDuration } from './duration.js';
import { SECRET_ARN } from './database-secret.js';
import { suggestSimilar } from './suggest.js';
import { knownValidateKeys, validateSchema } from './validate-schema.js';

/** The longest role prefix: 63 bytes of a role name minus room for a department and "_tenant_role". */
const MAX_ROLE_PREFIX = 40;

function duration(
  meaning: string,
  byDefault: string,
): z.ZodOptional<z.ZodType<string | number, string | number>> {
  return z
    .union([
      z.number().min(0, `expected ${DURATION_FORM}`).max(MAX_DURATION_MS),
      z.string().regex(DURATION_PATTERN, `expected ${DURATION_FORM}`),
    ])
    .refine(
      (value) => !DURATION_PATTERN.test(String(value).trim()) || parseDuration(value) !== undefined,
      `longer than ${MAX_DURATION_MS} ms, PostgreSQL's limit`,
    )
    .describe(`${meaning}: ${DURATION_FORM}. Default: ${byDefault}.`)
    .optional();
}

function text(meaning: string): z.ZodOptional<z.ZodString> {
  // a NUL would end the field in the start-up packet, and what follows would be read as another field
  return z
    .string()
    .min(1, 'must not be empty')
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
    .describe(meaning)
    .optional();
}

function wholeNumber(least: number, most: number): z.ZodInt {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, error).max(most, error);
}

const databaseObject = z.strictObject({
  url: text(
    'Connection URL: postgres://user@host:port/name. Excludes host, port, name, user, password and secret.',
  ),
  host: text('Host name, address, or the folder of a Unix socket.').refine(
    (host) => !host?.includes(','),
    'several hosts are not supported',
  ),
  port: wholeNumber(1, 65_535).describe('Port. Default: 5432.').optional(),
  name: text('Name of the database. Default: the name of the user.'),
  user: text('Role to log in as. Default: the name of the operating system user.'),
  password: text('Password. Better kept out of the file: DATABASE_URL, PGPASSWORD or ~/.pgpass.'),
  secret: text(
    'ARN or name of a secret in AWS Secrets Manager that holds user and password, and may hold the server. Excludes url.',
  ).refine(
    (secret) => !secret?.startsWith('arn:') || SECRET_ARN.test(secret),
    'is no ARN of a secret (arn:aws:secretsmanager:<region>:<account>:secret:<name>)',
  ),
  ssl: z
    .enum(SSL_MODES)
    .describe(
      'Encryption. disable: none. prefer and require: TLS, certificate unchecked, no fall back to plain text. ' +
        'verify-ca: signed by sslRootCert. verify-full: and for this host. Default: disable.',
    )
    .optional(),
  sslRootCert: text('PEM file of the trusted authority, relative to this file, or "system".'),
  applicationName: text('application_name of the sessions. Default: fedgen.'),
  options: text('Command-line options for the server session, as in PGOPTIONS.'),
});

const SERVER_KEYS = ['host', 'port', 'name', 'user', 'password', 'secret'] as const;

/** A URL says all of it. */
function refuseBeside(
  by: 'url' | 'urlEnv',
  given: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
): void {
  if (given[by] === undefined) return;
  for (const key of [...SERVER_KEYS, ...(by === 'url' ? ['urlEnv'] : [])]) {
    if (given[key] !== undefined)
      context.addIssue({ code: 'custom', path: [key], message: `cannot be given together with ${by}` });
  }
}

const rolePrefix = z
  .string()
  .regex(/^(?:[a-z][a-z0-9_]*)?$/, 'must be lower-case letters, digits and _, starting with a letter')
  .max(MAX_ROLE_PREFIX, `must not be longer than ${MAX_ROLE_PREFIX} bytes`)
  .refine((prefix) => !prefix.startsWith('pg_'), 'must not start with pg_, which PostgreSQL reserves')
  .describe('Put before every role name, since roles are shared by the whole cluster. Default: empty.')
  .optional();

const placedObject = databaseObject.extend({
  urlEnv: text(
    'Environment variable that holds the connection URL. Excludes url, host, port, name, user, password and secret.',
  ),
  rolePrefix: rolePrefix.describe(
    'Role prefix of this database. Databases of one server need different ones. Default: rolePrefix of the configuration.',
  ),
  departments: z
    .array(z.string().min(1, 'must not be empty').describe('Department id, or a pattern with *.'))
    .describe('The departments that belong into this database. The first database that names one has it.')
    .optional(),
  groups: z
    .array(z.string().min(1, 'must not be empty').describe('Name of a group.'))
    .describe('Groups whose departments belong into this database.')
    .optional(),
});

const GROUP_NAME = z.string().regex(/^[a-z][a-z0-9_-]*$/, 'must be lower-case letters, digits, _ and -');

const rawSettings = z.strictObject({
  $schema: z.string().describe('Address of this schema, for editors.').optional(),
  database: z
    .union([
      z.string().min(1, 'must not be empty').describe('Connection URL.'),
      databaseObject.superRefine((given, context) => refuseBeside('url', given, context)),
    ])
    .describe(
      'The PostgreSQL database to work on: a connection URL, or an object. Default: none; never guessed.',
    )
    .optional(),
  clickhouse: z
    .union([
      z.string().min(1, 'must not be empty').describe('URL: http(s)://user:password@host:port.'),
      z.strictObject({
        url: z.string().min(1, 'must not be empty').describe('URL: http(s)://user@host:port.'),
        user: text('User. Default: that of the URL, otherwise default.'),
        password: text('Password. Better kept out of the file: FEDGEN_CLICKHOUSE_URL.'),
      }),
    ])
    .describe('The ClickHouse server that packs with engine: clickhouse are applied to. Default: none.')
    .optional(),
  databases: z
    .record(
      GROUP_NAME,
      placedObject.superRefine((given, context) => {
        refuseBeside('url', given, context);
        refuseBeside('urlEnv', given, context);
      }),
    )
    .describe(
      'Several databases by name, each with the departments that belong there; takes the place of database. Default: none.',
    )
    .optional(),
  rolePrefix,
  packs: z
    .array(z.string().min(1, 'must not be empty').describe('Folder, relative to this file.'))
    .describe('Folders that hold your own packs. Default: none.')
    .optional(),
  pack: text('Pack that commands take when none is named. Default: federation.'),
  outputDir: text('Folder that `fedgen generate` writes to, relative to this file. Default: generated.'),
  groups: z
    .record(
      GROUP_NAME,
      z.array(z.string().min(1, 'must not be empty').describe('Department id, or a pattern with *.')),
    )
    .describe(
      'Groups of departments for --group; many departments are worked on group by group in this order, the others last. Default: none.',
    )
    .optional(),
  lockTimeout: duration(
    'lock_timeout of schema changes, 0 = none',
    '5s, and 100ms where many departments are worked on',
  ),
  lockRetries: wholeNumber(0, 1000)
    .describe(
      'How often a script that ran into lockTimeout is tried again. Default: 5, and 20 where many departments are worked on.',
    )
    .optional(),
  lockWait: duration('How long to wait for another fedgen on the same target, 0 = not at all', '30s'),
  statementTimeout: duration('statement_timeout of scripts, 0 = none', '0'),
  connectTimeout: duration('How long a connection attempt may take, 0 = for ever', '10s'),
  variables: z
    .record(
      z.string().min(1),
      z
        .record(
          z.string().min(1),
          z.union([z.string(), z.number(), z.boolean()]).describe('Value of the variable.'),
        )
        .describe('Variables of this pack, by name.'),
    )
    .describe('Template variables, by pack and name. Default: those of the pack.')
    .optional(),
  validate: validateSchema,
});

/** The configuration file as it is written. Not trusted: checkRawSettings makes it so, loadSettings makes Settings. */
export type RawSettings = z.input<typeof rawSettings>;

/** One violation of the schema. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type ZodIssue = z.core.$ZodIssue;

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(rawSettings.shape);
  if (path[0] === 'databases') return path.length === 2 ? Object.keys(placedObject.shape) : [];
  if (path[0] === 'validate') return knownValidateKeys(path.slice(1));
  return path.length === 1 && path[0] === 'database' ? Object.keys(databaseObject.shape) : [];
}

function segments(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function isWrongType(issue: ZodIssue): issue is z.core.$ZodIssueInvalidType {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

/** zod reports a union branch by branch; the reader wants the branch that the value was meant for. */
function flattenUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): SchemaIssue[] {
  const meant = issue.errors.find((branch) => !branch.some(isWrongType));
  if (meant !== undefined) return meant.flatMap((inner) => flattenIssue(inner, path));
  const expected = issue.errors.flatMap((branch) =>
    branch.filter(isWrongType).map((inner) => inner.expected),
  );
  return [{ path: segments(path), message: `expected ${[...new Set(expected)].join(' or ')}` }];
}

function flattenIssue(issue: ZodIssue, base: readonly PropertyKey[] = []): SchemaIssue[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') return flattenUnion(issue, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const similar = suggestSimilar(key, knownKeys(path));
      const question = similar === undefined ? '' : `, did you mean "${similar}"?`;
      return { path: [...segments(path), key], message: `unknown key "${key}"${question}` };
    });
  }
  return [
    { path: segments(path), message: issue.message.replace(/^(?:Invalid input|Invalid option): /, '') },
  ];
}

/** The checked settings, or everything that is wrong with them. Messages never repeat a value. */
export function checkRawSettings(
  raw: unknown,
): { readonly settings: RawSettings } | { readonly issues: readonly SchemaIssue[] } {
  const result = rawSettings
    .superRefine(({ database, databases }, context) => {
      if (database === undefined || databases === undefined) return;
      const message = 'cannot be given together with database';
      context.addIssue({ code: 'custom', path: ['databases'], message });
    })
    .safeParse(raw);
  if (result.success) return { settings: result.data };
  return { issues: result.error.issues.flatMap((issue) => flattenIssue(issue)) };
}

/** JSON Schema (draft 7, which editors understand best) of the configuration file, described key by key. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(rawSettings, { target: 'draft-7', io: 'input' });
  return { ...schema, title: 'fedgen configuration', description: 'fedgen.config.{yaml,yml,json,ts,js,mjs}' };
}
