import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Pack, TableContract } from '../../src/packs/pack.js';

const privileges = z.array(z.enum(['SELECT', 'INSERT', 'UPDATE', 'DELETE']));
const policies = z.record(z.string(), z.enum(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALL']));
const kindSchema = z.strictObject({ policies, tenant: privileges, admin: privileges });
const packSchema = z.strictObject({
  prefix: z.string().default(''),
  kinds: z.record(z.string(), z.string()).default({}),
  policies: z.record(z.string(), policies).default({}),
  views: z.record(z.string(), privileges).default({}),
  functions: z.record(
    z.string(),
    z.strictObject({ arguments: z.array(z.string()), callers: z.array(z.enum(['tenant', 'admin'])) }),
  ),
});
const fileSchema = z.strictObject({
  kinds: z.record(z.string(), kindSchema),
  packs: z.record(z.string(), packSchema),
});

/** What a table must be like: its policies with their commands, and who may do what. */
export interface ExpectedTable {
  readonly name: string;
  readonly schema: string;
  readonly policies: Readonly<Record<string, string>>;
  readonly tenant: readonly string[];
  readonly admin: readonly string[];
}

/** What a target of a pack must be like. */
export interface Expectation {
  readonly tables: readonly ExpectedTable[];
  readonly views: z.infer<typeof packSchema>['views'];
  readonly functions: z.infer<typeof packSchema>['functions'];
}

export type Expectations = z.infer<typeof fileSchema>;

/** Reads expected.yaml. */
export async function loadExpectations(): Promise<Expectations> {
  return fileSchema.parse(parse(await readFile(new URL('expected.yaml', import.meta.url), 'utf8')));
}

/**
 * What pack.yaml promises of a target whose main schema is this one.
 * @throws Error for a pack that expected.yaml does not know, and where the two name different functions.
 */
export function expectationOf(expectations: Expectations, pack: Pack, mainSchema: string): Expectation {
  const expected = expectations.packs[pack.name];
  if (expected === undefined)
    throw new Error(`tests/judges/expected.yaml says nothing of the pack ${pack.name}`);
  const named = Object.keys(expected.functions).sort().join(', ');
  if (named !== [...pack.functions].sort().join(', ')) {
    throw new Error(
      `tests/judges/expected.yaml has other functions of ${pack.name} than its pack.yaml: ${named}`,
    );
  }
  const tables = pack.tables.map((table) => {
    const kindName = expected.kinds[table.name] ?? kindOf(pack, table);
    const kind = expectations.kinds[kindName];
    if (kind === undefined) throw new Error(`tests/judges/expected.yaml has no kind ${kindName}`);
    const prefix = expected.prefix.replace('{}', table.name);
    const ofKind: Record<string, string> = {};
    for (const [name, command] of Object.entries(kind.policies)) ofKind[name.replace('{}', prefix)] = command;
    return {
      name: table.name,
      schema: table.schema ?? mainSchema,
      policies: { ...ofKind, ...expected.policies[table.name] },
      tenant: kind.tenant,
      admin: kind.admin,
    };
  });
  return { tables, views: expected.views, functions: expected.functions };
}

function kindOf(pack: Pack, table: TableContract): string {
  if (pack.tenancy === 'schema') {
    if (table.appendOnly) return 'department-append-only';
    return table.sharing === 'never' ? 'department' : 'department-shared';
  }
  if (table.name === pack.tenantTable?.table) return 'registry';
  if (table.appendOnly) return 'append-only';
  return table.scope;
}
