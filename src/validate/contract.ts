import type { Pack } from '../packs/pack.js';
import type { Target } from '../plan/target.js';
import type { CheckResult, Finding } from './model.js';
import type { SchemaFacts, TableFact } from './facts.js';

/** What is known of a target beyond pack.yaml and its tables. */
export interface ContractKnowledge {
  /** The role that must own every table; not checked when unknown. */
  readonly owner?: string | undefined;
  /** Finds an essential index by the name that pack.yaml gives it; by its name alone when missing. */
  readonly findIndex?: ((name: string) => { readonly valid: boolean } | undefined) | undefined;
}

/** What pack.yaml promises, and what stands. */
interface Comparison {
  readonly pack: Pack;
  readonly target: Target;
  readonly facts: SchemaFacts;
  readonly known: ContractKnowledge;
  readonly tables: ReadonlyMap<string, TableFact>;
}

/**
 * Compares a schema with what its pack promises. Pure: the expectation comes from pack.yaml, never from the rendered
 * SQL, so that a fault of a template cannot prove itself right.
 */
export function checkContract(
  pack: Pack,
  target: Target,
  facts: SchemaFacts,
  known: ContractKnowledge = {},
): CheckResult[] {
  const comparison = {
    pack,
    target,
    facts,
    known,
    tables: new Map(facts.tables.map((table) => [table.name, table])),
  };
  return [
    schemaExists(comparison),
    allTablesPresent(comparison),
    rlsEnabled(comparison),
    indexesCreated(comparison),
    retentionPolicies(comparison),
    departmentColumn(comparison),
  ];
}

function schemaExists({ target, facts }: Comparison): CheckResult {
  const findings = facts.exists
    ? []
    : [broken(target.schema, 'the schema is missing', reapply(target), false)];
  return checkResult('schema_exists', `schema ${target.schema}`, findings, [
    `schema ${target.schema} is there`,
  ]);
}

function allTablesPresent({ pack, target, facts, tables }: Comparison): CheckResult {
  const expected = new Set(pack.tables.map((table) => table.name));
  const missing = pack.tables
    .filter((table) => !tables.has(table.name))
    .map((table) => finding(target, table.name, 'the table is missing', reapply(target)));
  const isExpected = (name: string): boolean => {
    const parent = tables.get(name)?.partOf;
    return expected.has(name) || (parent !== undefined && parent !== null && isExpected(parent));
  };
  const extra = facts.tables
    .filter((table) => !isExpected(table.name))
    .map((table) =>
      finding(
        target,
        table.name,
        `pack ${pack.name} does not know this table`,
        'Drop it, or add it to a pack that extends this one.',
      ),
    );
  const present = pack.tables.filter((table) => tables.has(table.name)).map((table) => table.name);
  return checkResult(
    'all_tables_present',
    `${present.length} of ${pack.tables.length} tables`,
    [...missing, ...extra],
    present,
  );
}

function rlsEnabled({ pack, target, facts, known: { owner }, tables }: Comparison): CheckResult {
  const findings = facts.tables.flatMap((table) => {
    const object = qualified(target, table.name);
    const faults = [
      !table.rlsEnabled && [
        'row level security is disabled',
        `alter table ${object} enable row level security;`,
      ],
      !table.rlsForced && [
        'row level security is not forced: the owner passes it',
        `alter table ${object} force row level security;`,
      ],
      owner !== undefined &&
        table.owner !== owner && [
          `it belongs to ${table.owner}, and an owner can switch row level security off`,
          `alter table ${object} owner to ${owner};`,
        ],
      table.policies.length === 0 && table.partOf === null && ['no policy protects it', reapply(target)],
    ];
    return faults.flatMap((fault) => (fault ? [broken(object, fault[0] ?? '', fault[1] ?? '', true)] : []));
  });
  const absent = pack.tables
    .filter((table) => !tables.has(table.name))
    .map((table) => finding(target, table.name, 'cannot be checked: the table is missing', reapply(target)));
  const right = facts.tables
    .filter(
      (table) => table.rlsEnabled && table.rlsForced && (table.policies.length > 0 || table.partOf !== null),
    )
    .map((table) => `${table.name}: ${table.policies.length} policies`);
  return checkResult(
    'rls_enabled',
    `${right.length} of ${pack.tables.length} tables`,
    [...findings, ...absent],
    right,
  );
}

function indexesCreated({ pack, target, tables, known }: Comparison): CheckResult {
  const wanted = pack.tables.flatMap((table) =>
    table.essentialIndexes.map((index) => ({ table: table.name, index })),
  );
  const findings = wanted.flatMap(({ table, index }) => {
    const byName = tables.get(table)?.indexes.find((each) => each.name === index);
    const found = byName ?? known.findIndex?.(index);
    if (!found) return [finding(target, index, `the index on ${table} is missing`, reapply(target))];
    if (found.valid) return [];
    return [
      finding(
        target,
        index,
        `the index on ${table} is invalid and not used`,
        `reindex index ${qualified(target, index)};`,
      ),
    ];
  });
  const right = wanted.length - findings.length;
  return checkResult(
    'indexes_created',
    `${right} of ${wanted.length} essential indexes`,
    findings,
    wanted.map(({ index }) => index),
  );
}

function retentionPolicies({ pack, target, facts }: Comparison): CheckResult {
  const present = new Set(facts.functions);
  const findings = pack.functions
    .filter((name) => !present.has(name.split('.').at(-1) ?? name))
    .map((name) => finding(target, `${name}()`, 'the function is missing', reapply(target)));
  const declared = pack.tables.map((table) =>
    'age' in table.retention
      ? `${table.name}: ${table.retention.age} by ${table.retention.column}`
      : `${table.name}: kept (${table.retention.none})`,
  );
  const right = pack.functions.length - findings.length;
  return checkResult(
    'retention_policies',
    `${right} of ${pack.functions.length} functions`,
    findings,
    declared,
  );
}

function departmentColumn({ pack, target, tables }: Comparison): CheckResult {
  const { name } = pack.tenantColumn;
  const type = pack.tenantColumn.type.replace(/^varchar/, 'character varying');
  const owned = pack.tables.filter((table) => table.scope !== 'reference' && name !== '');
  const findings = owned.flatMap((table) => {
    const column = tables.get(table.name)?.columns.find((each) => each.name === name);
    const fault = !column
      ? `column ${name} is missing`
      : !column.notNull && table.scope === 'tenant'
        ? `column ${name} accepts null: such a row is lost to its owner`
        : column.type !== type
          ? `column ${name} has type ${column.type} instead of ${type}`
          : undefined;
    return fault === undefined ? [] : [finding(target, table.name, fault, reapply(target))];
  });
  const right = owned.length - findings.length;
  return checkResult('department_column', `${right} of ${owned.length} tables`, findings, [
    `${name} ${type} not null`,
  ]);
}

/** The checks of the contract, in the order in which they are shown. */
export const CONTRACT_TITLES = {
  schema_exists: 'the schema exists',
  all_tables_present: 'all tables are there, and no others',
  rls_enabled: 'row level security is enabled and forced, with policies',
  indexes_created: 'essential indexes are there and valid',
  retention_policies: 'retention functions are there',
  department_column: 'every table has the tenant column, not null',
} as const;

function checkResult(
  code: keyof typeof CONTRACT_TITLES,
  summary: string,
  findings: readonly Finding[],
  evidence: readonly string[],
): CheckResult {
  return { code, layer: 'contract', title: CONTRACT_TITLES[code], summary, findings, evidence };
}

const qualified = (target: Target, name: string): string => `${target.schema}.${name}`;
const reapply = (target: Target): string =>
  `See "fedgen status --department-id ${target.id}"; "fedgen apply" runs what is pending, a rollback and a new apply restores what was removed by hand.`;
const finding = (target: Target, name: string, message: string, remedy: string): Finding =>
  broken(qualified(target, name), message, remedy, false);
const broken = (object: string, message: string, remedy: string, isolation: boolean): Finding => ({
  object,
  severity: 'error',
  isolation,
  message,
  remedy,
});
