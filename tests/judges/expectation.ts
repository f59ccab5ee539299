import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Pack, TableContract } from '../../src/packs/pack.js';
import { PARTIES, type PartyName } from './model.js';

const privileges = z.array(z.enum(['SELECT', 'INSERT', 'UPDATE', 'DELETE']));
const policies = z.record(z.string(), z.enum(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALL']));
const parties = z.array(z.enum(PARTIES));
const may = z.partialRecord(z.enum(PARTIES), privileges);
const kindSchema = z.strictObject({ policies, may });
const packSchema = z.strictObject({
  prefix: z.string().default(''),
  kinds: z.record(z.string(), z.string()).default({}),
  policies: z.record(z.string(), policies).default({}),
  usage: z.record(z.string(), parties).default({}),
  views: z.record(z.string(), may).default({}),
  functions: z.record(z.string(), z.strictObject({ arguments: z.array(z.string()), callers: parties })),
});
const fileSchema = z.strictObject({
  kinds: z.record(z.string(), kindSchema),
  packs: z.record(z.string(), packSchema),
});

interface Named {
  readonly schema: string;
  readonly name: string;
}

/** Who may do what with a relation. */
interface Relation extends Named {
  readonly may: Readonly<Partial<Record<PartyName, readonly string[]>>>;
}

/** What a table must be like: its policies with their commands, and who may do what. */
export interface ExpectedTable extends Relation {
  readonly policies: Readonly<Record<string, string>>;
}

/** What a target of a pack must be like. */
export interface Expectation {
  readonly tables: readonly ExpectedTable[];
  readonly views: readonly Relation[];
  readonly functions: readonly (Named & z.infer<typeof packSchema>['functions'][string])[];
  /** Who may look names up in a schema. */
  readonly usage: (schema: string) => readonly PartyName[];
}

/** Who may look names up in a pack's schemas, and in that of the control plane, unless expected.yaml says otherwise. */
const USERS: readonly PartyName[] = ['tenant', 'admin'];

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
  return {
    tables: pack.tables.map((table) => tableOf(expectations, pack, table, mainSchema)),
    views: Object.entries(expected.views).map(([name, rights]) => ({
      ...splitName(name, mainSchema),
      may: rights,
    })),
    functions: Object.entries(expected.functions).map(([name, claim]) => ({
      ...splitName(name, mainSchema),
      ...claim,
    })),
    usage: (schema) => expected.usage[schema] ?? USERS,
  };
}

function splitName(qualified: string, mainSchema: string): Named {
  const [name = '', schema = mainSchema] = qualified.split('.').reverse();
  return { schema, name };
}

function tableOf(
  expectations: Expectations,
  pack: Pack,
  table: TableContract,
  mainSchema: string,
): ExpectedTable {
  const expected = expectations.packs[pack.name];
  const kindName = expected?.kinds[table.name] ?? kindOf(pack, table);
  const kind = expectations.kinds[kindName];
  if (kind === undefined) throw new Error(`tests/judges/expected.yaml has no kind ${kindName}`);
  const prefix = expected?.prefix.replace('{}', table.name) ?? '';
  const ofKind: Record<string, string> = {};
  for (const [name, command] of Object.entries(kind.policies)) ofKind[name.replace('{}', prefix)] = command;
  return {
    name: table.name,
    schema: table.schema ?? mainSchema,
    policies: { ...ofKind, ...expected?.policies[table.name] },
    may: kind.may,
  };
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
