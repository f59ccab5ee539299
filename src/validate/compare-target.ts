import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { rolesOf, type CatalogueObject, type CatalogueReader, type StandingTarget } from './catalogue.js';
import type { CatalogueChecks, Declared, DeclaredTarget } from './catalogue-checks.js';
import { checkContract } from './contract.js';
import { compareCatalogues } from './drift.js';
import { withoutNewPartitions } from './drift-partitions.js';
import { describeDifferences } from './drift-findings.js';
import type { Expected } from './expectation.js';
import { readSchemaFacts } from './facts.js';
import type { CheckResult, Finding } from './model.js';

/** What the targets of one validation are compared with, and by what. */
export interface Comparison {
  readonly session: Session;
  readonly reader: CatalogueReader;
  readonly checks: CatalogueChecks;
  readonly declared: Declared;
  /** Whether a check was asked for. */
  readonly isWanted: (code: string) => boolean;
  /** What must stand at a target; a finding where that could not be found out. */
  readonly expected: (plan: TargetPlan) => Expected;
  /** Whether a target stands as it was last found clean; never, unless that was asked. */
  readonly isLastClean: (plan: TargetPlan, digest: string) => boolean;
  /** Targets that were found clean, by digest: see {@link compareTogether}. */
  readonly memory: Map<string, { readonly plan: TargetPlan; readonly results: readonly CheckResult[] }>;
}

/** A target to be looked at. */
export interface ComparedTarget extends StandingTarget {
  /** Scripts that do not stand there yet. */
  readonly pending: readonly string[];
  /** Scripts that stand there by the ledger, and that the pack does not have. */
  readonly unknown: readonly string[];
  /** Privileges that permissions between departments add to what was rendered: access control items by object. */
  readonly permitted: ReadonlyMap<string, readonly string[]>;
}

/** What a comparison found. */
export interface ComparisonResult {
  readonly checks: readonly CheckResult[];
  /** The hash of the target's catalogue; undefined where there is none. */
  readonly digest: string | undefined;
  /** It stands as it stood when it was last found clean, and nothing more was looked at. */
  readonly unchanged: boolean;
}

/**
 * Contract, catalogue checks and drift of targets, and the checks of their rows. Several at a time cost less than one after
 * the other: most of them stand alike, and then a statement serves them all.
 * @returns as many results as targets, in their order.
 */
export async function compareTogether(
  comparison: Comparison,
  targets: readonly ComparedTarget[],
): Promise<ComparisonResult[]> {
  const standing = targets.filter(({ schemaOids }) => schemaOids.length > 0);
  const found = await comparison.reader.digests(standing);
  const digests = new Map(standing.map((target, n) => [target, found[n]]));
  const isUnchanged = (target: ComparedTarget): boolean => {
    const digest = digests.get(target);
    return digest !== undefined && isAsWritten(target) && comparison.isLastClean(target.plan, digest);
  };
  const rest = targets.filter((target) => !isUnchanged(target));
  const rows = await checkRows(comparison, rest);
  const results = new Map<ComparedTarget, readonly CheckResult[]>();
  for (const [n, target] of rest.entries()) {
    const ofCatalogue = await compareCatalogue(comparison, target, digests.get(target));
    results.set(target, [...ofCatalogue, ...(rows[n] ?? [])]);
  }
  return targets.map((target) => ({
    checks: results.get(target) ?? [],
    digest: digests.get(target),
    unchanged: !results.has(target),
  }));
}

/** The checks of rows, of all the targets together; one by one where something is found, to tell which has it. */
async function checkRows(
  comparison: Comparison,
  targets: readonly ComparedTarget[],
): Promise<readonly (readonly CheckResult[])[]> {
  const { checks, declared, isWanted } = comparison;
  const [first] = targets;
  if (!first) return [];
  const schemaOids = targets.flatMap((target) => target.schemaOids);
  const together = await checks.rows(
    declaredOf(declared, targets),
    declareTarget(first.plan),
    schemaOids,
    isWanted,
  );
  if (targets.length === 1 || together.every(({ findings }) => findings.length === 0))
    return targets.map(() => together);
  const results: (readonly CheckResult[])[] = [];
  for (const target of targets) results.push(...(await checkRows(comparison, [target])));
  return results;
}

/** Rows are looked at a few targets at a time: telling the server of the whole fleet each time would cost its square. */
function declaredOf(declared: Declared, targets: readonly ComparedTarget[]): Declared {
  const schemas = new Set(targets.flatMap(({ plan }) => plan.target.schemas));
  return {
    ...declared,
    roles: declared.roles.filter((role) => role.kind === 'owner'),
    schemas: declared.schemas.filter(({ name }) => schemas.has(name)),
    tenants: [],
  };
}

/**
 * What is a function of a target's catalogue alone: where a target that stood exactly alike (by its digest) was found
 * clean, so is this one. That makes a fleet cheap, because reading a catalogue with all its expressions costs ten times
 * as much.
 */
async function compareCatalogue(
  comparison: Comparison,
  target: ComparedTarget,
  digest: string | undefined,
): Promise<readonly CheckResult[]> {
  const { memory } = comparison;
  const typical =
    isAsWritten(target) && target.permitted.size === 0 && digest !== undefined ? digest : undefined;
  const known = typical === undefined ? undefined : memory.get(typical);
  if (known !== undefined) return retell(known.results, known.plan, target.plan);
  const results = await compareFully(comparison, target);
  const isClean = results.every(({ findings }) => findings.length === 0);
  if (typical !== undefined && isClean) memory.set(typical, { plan: target.plan, results });
  return results;
}

/** What was found of one target, told of another that stands exactly alike. */
const retell = (results: readonly CheckResult[], from: TargetPlan, to: TargetPlan): CheckResult[] =>
  JSON.parse(JSON.stringify(results).replaceAll(from.target.schema, to.target.schema)) as CheckResult[];

async function compareFully(comparison: Comparison, target: ComparedTarget): Promise<CheckResult[]> {
  const { session, reader, checks, declared, isWanted } = comparison;
  const { plan, schemaOids } = target;
  const found = await reader.objects(schemaOids, rolesOf(plan));
  const expected = comparison.expected(plan);
  const facts = await readSchemaFacts(session, plan.target.schemas);
  const contract = checkContract(plan.pack, plan.target, facts, {
    owner: plan.roles.owner,
    findIndex: 'message' in expected ? undefined : indexFinder(expected, found),
  });
  const catalogue = await checks.target(declared, declareTarget(plan), schemaOids, isWanted);
  return [...contract, ...catalogue, drift(target, expected, found)].filter(({ code }) => isWanted(code));
}

/** What pack.yaml says of a target, for the checks. */
const declareTarget = ({ pack, target }: TargetPlan): DeclaredTarget => ({
  tenancy: pack.tenancy,
  tenantColumn: pack.tenantColumn.name || null,
  tenantTable: pack.tenantTable
    ? {
        pack: pack.family,
        schema: pack.tenantTable.schema,
        table: pack.tenantTable.table,
        idColumn: pack.tenantTable.idColumn,
      }
    : null,
  tables: pack.tables.map(({ name, schema = target.schema, scope, appendOnly }) => ({
    name,
    schema,
    scope,
    appendOnly,
  })),
});

/** Finds an essential index under whatever name it has now: renaming one takes nothing away. */
function indexFinder(
  expected: readonly CatalogueObject[],
  found: readonly CatalogueObject[],
): (name: string) => { readonly valid: boolean } | undefined {
  const wanted = new Map(
    expected
      .filter(({ kind }) => kind === 'index')
      .map((index) => [String(index.properties['called']), index.name]),
  );
  const standing = new Map(found.filter(({ kind }) => kind === 'index').map((index) => [index.name, index]));
  return (name) => {
    const index = standing.get(wanted.get(name) ?? '');
    return index && { valid: index.properties['state'] === 'valid' };
  };
}

/** The title of the drift check of a target. */
export const DRIFT_TITLE = 'the catalogue is what the scripts make of an empty one';

function drift(target: ComparedTarget, expected: Expected, found: readonly CatalogueObject[]): CheckResult {
  const findings =
    'message' in expected
      ? [expected]
      : describeDifferences(
          compareCatalogues(withPermitted(expected, target.permitted), withoutNewPartitions(expected, found)),
        );
  return {
    code: 'drift',
    layer: 'drift',
    title: DRIFT_TITLE,
    summary: `${found.length} objects compared`,
    findings: [...ledgerFindings(target), ...findings],
    evidence: findings.length === 0 ? [`${found.length} objects as expected`] : [],
  };
}

/** By the ledger, the scripts of the pack stand there, and no others. */
const isAsWritten = ({ pending, unknown }: ComparedTarget): boolean =>
  pending.length === 0 && unknown.length === 0;

function ledgerFindings({ plan, pending, unknown }: ComparedTarget): Finding[] {
  const finding = (scripts: readonly string[], message: string, remedy: string): Finding[] =>
    scripts.length === 0
      ? []
      : [
          {
            object: plan.target.schema,
            severity: 'error',
            isolation: false,
            message: `${message}: ${scripts.join(', ')}`,
            remedy,
          },
        ];
  return [
    ...finding(
      pending,
      'scripts are not applied yet',
      plan.target.kind === 'shared'
        ? `fedgen apply --pack ${plan.pack.name}`
        : `fedgen apply --department-id ${plan.target.id}`,
    ),
    ...finding(
      unknown,
      `scripts stand by the ledger that pack ${plan.pack.name} does not have`,
      'Validate with the pack, or the version of it, that they were applied with; a row that nobody can account for was forged.',
    ),
  ];
}

/** The expectation with the privileges that permissions have added since. */
function withPermitted(
  expected: readonly CatalogueObject[],
  permitted: ReadonlyMap<string, readonly string[]>,
): readonly CatalogueObject[] {
  if (permitted.size === 0) return expected;
  return expected.map((object) => {
    const added = permitted.get(`${object.kind} ${object.name}`) ?? [];
    const items = object.properties['privileges'];
    if (added.length === 0 || !Array.isArray(items)) return object;
    return {
      ...object,
      properties: { ...object.properties, privileges: [...items.map(String), ...added].sort() },
    };
  });
}
