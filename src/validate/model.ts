/** The layers of a validation, in the order in which they are shown. Each finds what the others cannot. */
export const LAYERS = ['contract', 'catalogue', 'drift', 'probe'] as const;

/**
 * `contract`: what pack.yaml promises. `catalogue`: the checks of templates/_checks. `drift`: the database's own
 * expectation, from a scratch target. `probe`: attacks that were carried out.
 */
export type Layer = (typeof LAYERS)[number];

/** Grades of findings, the worst first. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;

/** `error`: something is broken or unproved. `warning`: a person should decide. `note`: harmless, but not as rendered. */
export type Severity = (typeof SEVERITIES)[number];

/** One thing that is not as it should be. Its waiver key is the code of its check and its object. */
export interface Finding {
  /** What it is about: `hr_tenant.contacts`. */
  readonly object: string;
  readonly severity: Severity;
  /** One tenant can reach another's rows, or that could not be disproved. */
  readonly isolation: boolean;
  readonly message: string;
  /** How to mend it: SQL or the next command. */
  readonly remedy: string;
}

/** A check and what it found. */
export interface CheckResult {
  /** Stable: findings, waivers, --only, --skip and docs/checks/<code>.md go by it. */
  readonly code: string;
  readonly layer: Layer;
  /** What is true when nothing is found: `every table is owned by the owner role`. */
  readonly title: string;
  /** What was looked at or tried, in numbers: `24 of 24 tables`. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** What was looked at or tried and found right; shown by --verbose. */
  readonly evidence: readonly string[];
}

/** What a tenant tried with one relation of somebody else, or with its own. */
export interface MatrixCell {
  /** Who tried: `hr_role`. */
  readonly actor: string;
  /** Whose: `own`, or how the victim is called: `another department`, `another tenant`. */
  readonly victim: string;
  /** Name without the schema: `contacts`. */
  readonly relation: string;
  /** `select`, `insert`, `update`, `delete`, `truncate` … */
  readonly operation: string;
  /** `allowed` is right on one's own rows and wrong on others', except where a permission or the pack allows it. */
  readonly outcome: 'refused' | 'allowed' | 'unproved';
  readonly expected: 'refused' | 'allowed';
  readonly attempts: number;
}

/** One department, or one shared pack, and everything that was found out about it. */
export interface TargetReport {
  /** Department id, or `pack:<name>`. */
  readonly target: string;
  readonly name: string;
  readonly pack: string;
  readonly schemas: readonly string[];
  /** Roles that were taken on to attack. */
  readonly roles: readonly string[];
  readonly checks: readonly CheckResult[];
  readonly matrix: readonly MatrixCell[];
  /** Its catalogue was as at its last clean validation, and only that was asked: nothing else was looked at. */
  readonly unchanged: boolean;
  readonly durationMs: number;
}

/** Which threats the way of telling tenants apart stops. */
export interface IdentityStatement {
  readonly pack: string;
  readonly mode: 'role' | 'signed' | 'variable';
  readonly stops: readonly string[];
  readonly doesNotStop: readonly string[];
}

/** Everything that a validation found out, before waivers and thresholds. */
export interface Evidence {
  readonly server: string;
  /** server_version_num, for example 160014. */
  readonly serverVersion: number;
  /** What the server calls itself, where it is not PostgreSQL: `ClickHouse 26.7.2.1`. */
  readonly product?: string;
  /** Who validated; what a role without superuser cannot prove is among the findings. */
  readonly validator: { readonly role: string; readonly superuser: boolean };
  /** Checks of the server and of the control plane, which concern every target. */
  readonly checks: readonly CheckResult[];
  readonly targets: readonly TargetReport[];
  readonly identity: readonly IdentityStatement[];
  /** What the server cannot hide from a tenant, whatever a pack does. */
  readonly residualRisks: readonly string[];
}
