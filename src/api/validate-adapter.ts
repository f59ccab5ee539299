/**
 * TO BE DELETED once src/api/validate.ts answers an Evidence of its own: until then it makes one of what the present
 * engine reports, so that judging, reports and options can be used end to end. @module
 */
import { FedgenError } from '../shared/errors.js';
import { defaultSettings } from '../config/settings.js';
import { CHECK_TITLES, type CheckName } from '../validate/checks.js';
import { judge, type ValidationReport } from '../validate/judge.js';
import type { CheckResult, Evidence, Layer, Severity } from '../validate/model.js';
import type { DepartmentOptions } from './options.js';
import { assertKnownWaivers, selectChecks, type Selection } from './selection.js';
import { validate as attack, type ValidationReport as Found } from './validate.js';

/** Options of {@link validate}. */
export interface ValidateOptions extends Omit<DepartmentOptions, 'departmentId'>, Selection {
  /** The department; `targets` names several. */
  readonly departmentId?: string;
  /** Department ids, `*` in them stands for any run of characters. */
  readonly targets?: readonly string[];
  /** Every registered department. */
  readonly all?: boolean;
  /** The mildest severity that fails, instead of the configured one. */
  readonly failOn?: Severity;
  /** Compare with the expectation stored in this file instead of with a scratch target. */
  readonly snapshot?: string;
  /** Store the expectation in this file. */
  readonly writeSnapshot?: string;
  /** Skip targets whose catalogue has not changed since their last clean validation. */
  readonly sinceLast?: boolean;
  /** The day by which waivers expire, YYYY-MM-DD. Default: today, in UTC. */
  readonly today?: string;
}

const LAYER_OF: Readonly<Record<CheckName, Layer>> = {
  schema_exists: 'contract',
  all_tables_present: 'contract',
  rls_enabled: 'contract',
  indexes_created: 'contract',
  retention_policies: 'contract',
  department_column: 'contract',
  cross_tenant_isolation: 'probe',
};

/**
 * Proves that departments are complete and isolated, and weighs the findings against the waivers of the settings.
 * @throws FedgenError E_USAGE, E_CONFIG_INVALID, E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE and what reading the pack throws.
 */
export async function validate(options: ValidateOptions): Promise<ValidationReport> {
  const { validate: policy } = options.settings ?? defaultSettings();
  const known = Object.entries(LAYER_OF).map(([code, layer]) => ({ code, layer }));
  const selected = selectChecks(known, options);
  assertKnownWaivers(
    policy.waivers,
    known.map(({ code }) => code),
  );
  const found: Awaited<ReturnType<typeof lookAt>>[] = [];
  for (const departmentId of targetsOf(options)) found.push(await lookAt(departmentId, options, selected));
  const [first] = found;
  if (!first) throw new FedgenError('E_USAGE', 'validate needs a department');
  const evidence = { ...first.evidence, targets: found.map(({ target }) => target) };
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  return judge(evidence, { ...policy, failOn: options.failOn ?? policy.failOn }, today);
}

function targetsOf(options: ValidateOptions): string[] {
  const { departmentId, targets = [] } = options;
  const names = [...(departmentId === undefined ? [] : [departmentId]), ...targets];
  const unsupported = [
    ...(options.all ? ['--all'] : []),
    ...(options.snapshot === undefined ? [] : ['--snapshot']),
    ...(options.writeSnapshot === undefined ? [] : ['--write-snapshot']),
    ...(options.sinceLast ? ['--since-last'] : []),
    ...(names.some((name) => name.includes('*')) ? ['a pattern of departments'] : []),
  ];
  if (unsupported.length === 0) return [...new Set(names)];
  throw new FedgenError('E_USAGE', `${unsupported.join(', ')}: the present engine cannot do that`);
}

async function lookAt(
  departmentId: string,
  options: ValidateOptions,
  selected: ReadonlySet<string>,
): Promise<{ evidence: Omit<Evidence, 'targets'>; target: Evidence['targets'][number] }> {
  const started = performance.now();
  const report = await attack({ ...options, departmentId });
  const evidence = {
    server: report.server,
    serverVersion: report.serverVersion,
    validator: { role: options.settings?.database?.user ?? '', superuser: true },
    checks: [],
    identity: [],
    residualRisks: [],
  };
  return { evidence, target: targetOf(report, selected, performance.now() - started) };
}

const targetOf = (
  report: Found,
  selected: ReadonlySet<string>,
  durationMs: number,
): Evidence['targets'][number] => ({
  target: report.departmentId,
  name: report.departmentId,
  pack: report.pack,
  schemas: [report.schema],
  roles: [report.role],
  checks: report.checks.filter((check) => selected.has(check.name)).map(checkOf),
  matrix: [],
  unchanged: false,
  durationMs,
});

const checkOf = (check: Found['checks'][number]): CheckResult => ({
  code: check.name,
  layer: LAYER_OF[check.name],
  title: CHECK_TITLES[check.name],
  summary: check.summary,
  findings: check.findings.map((finding) => ({
    ...finding,
    severity: 'error',
    isolation: LAYER_OF[check.name] === 'probe',
  })),
  evidence: check.evidence,
});
