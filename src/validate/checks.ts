/** The checks of a validation, in the order in which they are shown. */
export const CHECK_TITLES = {
  schema_exists: 'schema exists',
  all_tables_present: 'all tables are there, and no others',
  rls_enabled: 'row level security is enabled and forced, with policies',
  indexes_created: 'essential indexes are there and valid',
  cross_tenant_isolation: 'other departments are out of reach',
  retention_policies: 'retention functions are there',
  department_column: 'every table has the tenant column, not null',
} as const;

export type CheckName = keyof typeof CHECK_TITLES;

/** One thing that is wrong. */
export interface Finding {
  /** What it is about: `hr_tenant.contacts`. */
  readonly object: string;
  readonly message: string;
  /** How to mend it. */
  readonly remedy: string;
}

/** What became of one check. A check that could not be carried out has a finding and has not passed. */
export interface CheckResult {
  readonly name: CheckName;
  readonly title: string;
  readonly passed: boolean;
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** What was looked at or tried and found right; shown by --verbose. */
  readonly evidence: readonly string[];
}

/** Builds a result: it passed when nothing was found. */
export function checkResult(
  name: CheckName,
  summary: string,
  findings: readonly Finding[],
  evidence: readonly string[],
): CheckResult {
  return { name, title: CHECK_TITLES[name], passed: findings.length === 0, summary, findings, evidence };
}
