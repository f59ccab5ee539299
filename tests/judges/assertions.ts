import { CONTROL_SCHEMA } from '../../src/plan/names.js';
import { expectationOf, type Expectation, type Expectations } from './expectation.js';
import type { JudgedTarget, PartyName, World } from './model.js';

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
type Asking = readonly [role: string, as: PartyName | 'stranger'];

/** Every claim that the packs' contracts make of the database. */
export function assertionsOf(world: World, expectations: Expectations): Assertion[] {
  return world.targets.flatMap((target) => {
    const expected = expectationOf(expectations, target.pack, target.schemas[0] ?? '');
    const asking = everybody(world, target);
    return [
      ...target.schemas.flatMap((schema) => ofSchema(schema, expected, asking)),
      ...ofControlPlane(expected, asking),
      ...expected.tables.flatMap((table) => ofTable(table, asking)),
      ...ofViewsAndFunctions(expected, asking),
    ];
  });
}

/** Whoever has no part in this target but in another is a stranger here. */
function everybody(world: World, target: JudgedTarget): Asking[] {
  const ours = new Set(target.parties.map(({ role }) => role));
  const others = world.targets.flatMap(({ parties }) => parties.map(({ role }) => role));
  return [
    ...target.parties.map(({ role, as }): Asking => [role, as]),
    ...[...new Set([...world.strangers, ...others])]
      .filter((role) => !ours.has(role))
      .map((role): Asking => [role, 'stranger']),
  ];
}

const isOne = (as: Asking[1], parties: readonly PartyName[]): boolean =>
  parties.some((party) => party === as);

function ofSchema(
  schema: string,
  { tables, views, functions, usage }: Expectation,
  asking: readonly Asking[],
): Assertion[] {
  const namesIn = (things: readonly { schema: string; name: string }[]): string[] =>
    things.filter((thing) => thing.schema === schema).map(({ name }) => name);
  return [
    { call: 'tables_are', args: [schema, namesIn(tables)] },
    { call: 'views_are', args: [schema, namesIn(views)] },
    { call: 'functions_are', args: [schema, namesIn(functions)] },
    ...asking.map(([role, as]) => usageOf(schema, role, isOne(as, usage(schema)))),
  ];
}

/** Whom the control plane knows may look names up in it, and nobody makes anything there. */
const ofControlPlane = ({ usage }: Expectation, asking: readonly Asking[]): Assertion[] =>
  asking
    .filter(([, as]) => as !== 'stranger')
    .map(([role, as]) => usageOf(CONTROL_SCHEMA, role, isOne(as, usage(CONTROL_SCHEMA))));

const usageOf = (schema: string, role: string, may: boolean): Assertion => ({
  call: 'schema_privs_are',
  args: [schema, role, may ? ['USAGE'] : []],
});

const privileges = (
  { schema, name, may }: Expectation['views'][number],
  asking: readonly Asking[],
): Assertion[] =>
  asking.map(([role, as]) => ({
    call: 'table_privs_are',
    args: [schema, name, role, as === 'stranger' ? [] : (may[as] ?? [])],
  }));

function ofTable(table: Expectation['tables'][number], asking: readonly Asking[]): Assertion[] {
  const { schema, name, policies } = table;
  return [
    { call: 'policies_are', args: [schema, name, Object.keys(policies)] },
    ...Object.entries(policies).flatMap(([policy, command]): Assertion[] => [
      // pgTAP sees no role in TO PUBLIC: any that it sees is one too many.
      { call: 'policy_roles_are', args: [schema, name, policy, []] },
      { call: 'policy_cmd_is', args: [schema, name, policy, command] },
    ]),
    ...privileges(table, asking),
  ];
}

function ofViewsAndFunctions({ views, functions }: Expectation, asking: readonly Asking[]): Assertion[] {
  return [
    ...views.flatMap((view) => privileges(view, asking)),
    ...asking.flatMap(([role, as]) =>
      functions.map(({ schema, name, arguments: types, callers }): Assertion => ({
        call: 'function_privs_are',
        args: [schema, name, types, role, isOne(as, callers) ? ['EXECUTE'] : []],
      })),
    ),
  ];
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
