import { CONTROL_SCHEMA } from '../../src/plan/names.js';
import { expectationOf, type Expectation, type Expectations } from './expectation.js';
import type { JudgedTarget, World } from './model.js';

/** pgTAP's functions that are called, with the types of their arguments; a description follows them. */
export const SIGNATURES = {
  tables_are: ['name', 'name[]'],
  views_are: ['name', 'name[]'],
  functions_are: ['name', 'name[]'],
  policies_are: ['name', 'name', 'name[]'],
  policy_roles_are: ['name', 'name', 'name', 'name[]'],
  policy_cmd_is: ['name', 'name', 'name', 'text'],
  schema_privs_are: ['name', 'name', 'name[]'],
  table_privs_are: ['name', 'name', 'name', 'name[]'],
  function_privs_are: ['name', 'name', 'name[]', 'name', 'name[]'],
} as const;

/** One claim about the database; the last argument is what is claimed. */
export interface Assertion {
  readonly call: keyof typeof SIGNATURES;
  readonly args: readonly (string | readonly string[])[];
}

/** Whoever may ask, and as what. */
type Party = readonly [role: string, as: 'tenant' | 'admin' | 'stranger'];

/** Every claim that the packs' contracts make of the database. */
export function assertionsOf(world: World, expectations: Expectations): Assertion[] {
  return world.targets.flatMap((target) => {
    const schema = target.schemas[0] ?? '';
    const expected = expectationOf(expectations, target.pack, schema);
    const parties = partiesOf(world, target);
    return [
      ...ofSchemas(target.schemas, schema, expected, parties),
      ...expected.tables.flatMap((table) => ofTable(table, parties)),
      ...ofViewsAndFunctions(schema, expected, parties),
    ];
  });
}

/** The tenants of all other targets are strangers here. */
function partiesOf(world: World, target: JudgedTarget): Party[] {
  const others = world.targets.filter((other) => other !== target).flatMap(({ tenants }) => tenants);
  return [
    ...target.tenants.map((role): Party => [role, 'tenant']),
    [world.admin, 'admin'],
    ...[...world.strangers, ...others].map((role): Party => [role, 'stranger']),
  ];
}

function ofSchemas(
  schemas: readonly string[],
  main: string,
  { tables, views, functions }: Expectation,
  parties: readonly Party[],
): Assertion[] {
  return schemas.flatMap((schema): Assertion[] => [
    {
      call: 'tables_are',
      args: [schema, tables.filter((table) => table.schema === schema).map(({ name }) => name)],
    },
    { call: 'views_are', args: [schema, schema === main ? Object.keys(views) : []] },
    { call: 'functions_are', args: [schema, schema === main ? Object.keys(functions) : []] },
    ...parties.map(([role, as]): Assertion => ({
      call: 'schema_privs_are',
      args: [schema, role, as === 'stranger' ? [] : ['USAGE']],
    })),
    // Whom the control plane knows may look names up in it, and nobody makes anything there.
    ...parties
      .filter(([, as]) => as !== 'stranger')
      .map(([role]): Assertion => ({ call: 'schema_privs_are', args: [CONTROL_SCHEMA, role, ['USAGE']] })),
  ]);
}

function ofTable(
  { schema, name, policies, ...rights }: Expectation['tables'][number],
  parties: readonly Party[],
): Assertion[] {
  return [
    { call: 'policies_are', args: [schema, name, Object.keys(policies)] },
    ...Object.entries(policies).flatMap(([policy, command]): Assertion[] => [
      // pgTAP sees no role in TO PUBLIC: any that it sees is one too many.
      { call: 'policy_roles_are', args: [schema, name, policy, []] },
      { call: 'policy_cmd_is', args: [schema, name, policy, command] },
    ]),
    ...parties.map(([role, as]): Assertion => ({
      call: 'table_privs_are',
      args: [schema, name, role, as === 'stranger' ? [] : rights[as]],
    })),
  ];
}

function ofViewsAndFunctions(
  schema: string,
  { views, functions }: Expectation,
  parties: readonly Party[],
): Assertion[] {
  return parties.flatMap(([role, as]) => [
    ...Object.entries(views).map(([view, rights]): Assertion => ({
      call: 'table_privs_are',
      args: [schema, view, role, as === 'stranger' ? [] : rights],
    })),
    ...Object.entries(functions).map(([name, { arguments: types, callers }]): Assertion => ({
      call: 'function_privs_are',
      args: [schema, name, types, role, as !== 'stranger' && callers.includes(as) ? ['EXECUTE'] : []],
    })),
  ]);
}

/**
 * For each of pgTAP's functions a claim that is wrong where the first of its claims is right: with one name too few where
 * there are any, otherwise with one too many.
 */
export function wrongClaims(assertions: readonly Assertion[]): Assertion[] {
  const calls = [...new Set(assertions.map(({ call }) => call))];
  return calls.flatMap((call) => {
    const all = assertions.filter((assertion) => assertion.call === call);
    const claims = [
      all.find(({ args }) => (args.at(-1)?.length ?? 0) > 0),
      all.find(({ args }) => args.at(-1)?.length === 0),
    ];
    return claims
      .filter((claim) => claim !== undefined)
      .map(({ args }) => ({ call, args: [...args.slice(0, -1), wrong(args.at(-1))] }));
  });
}

function wrong(claim: Assertion['args'][number] | undefined): string | readonly string[] {
  if (typeof claim === 'string') return claim === 'ALL' ? 'SELECT' : 'ALL';
  return claim === undefined || claim.length === 0 ? ['pg_monitor'] : claim.slice(1);
}
