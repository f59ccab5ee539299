import type { Policy, ValidationReport } from '../../../../src/validate/judge.js';
import { judge } from '../../../../src/validate/judge.js';
import type {
  CheckResult,
  Evidence,
  Finding,
  MatrixCell,
  TargetReport,
} from '../../../../src/validate/model.js';

/** The day on which everything is judged. */
export const TODAY = '2026-06-15';

export const finding = (object: string, changes: Partial<Finding> = {}): Finding => ({
  object,
  severity: 'error',
  isolation: false,
  message: 'row level security is disabled',
  remedy: `alter table ${object} enable row level security;`,
  ...changes,
});

export const check = (code: string, changes: Partial<CheckResult> = {}): CheckResult => ({
  code,
  layer: 'contract',
  title: `${code} holds`,
  summary: '24 of 24 tables',
  findings: [],
  evidence: [`${code}: looked at 24 tables`],
  ...changes,
});

export const target = (id: string, changes: Partial<TargetReport> = {}): TargetReport => ({
  target: id,
  name: id,
  pack: 'federation',
  schemas: [`${id}_tenant`],
  roles: [`${id}_role`],
  checks: [],
  matrix: [],
  unchanged: false,
  durationMs: 412.4,
  ...changes,
});

export const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  server: 'localhost:5432/app',
  serverVersion: 160014,
  validator: { role: 'postgres', superuser: true },
  checks: [],
  targets: [],
  identity: [],
  residualRisks: [],
  ...changes,
});

export const policy = (changes: Partial<Policy> = {}): Policy => ({
  failOn: 'error',
  waivers: [],
  ...changes,
});

const cell = (
  actor: string,
  victim: string,
  relation: string,
  operation: string,
  outcome: MatrixCell['outcome'],
  expected: MatrixCell['expected'],
): MatrixCell => ({ actor, victim, relation, operation, outcome, expected, attempts: 3 });

const OPERATIONS = ['select', 'insert', 'update', 'delete', 'truncate'] as const;

function matrixOf(id: string, broken: boolean): MatrixCell[] {
  const relations = ['contacts', 'audit_trail', 'tool_calls', 'api_keys'];
  return relations.flatMap((relation) =>
    OPERATIONS.flatMap((operation) => {
      const isAppendOnly = relation === 'audit_trail' && ['update', 'delete'].includes(operation);
      const expected = operation === 'truncate' || isAppendOnly ? 'refused' : 'allowed';
      const isLeak = broken && relation === 'contacts' && operation === 'select';
      const isUnproved = broken && relation === 'tool_calls' && operation === 'insert';
      const outcome = isLeak ? 'allowed' : isUnproved ? 'unproved' : 'refused';
      return [
        cell(`${id}_role`, 'own', relation, operation, expected, expected),
        cell(`${id}_role`, 'another department', relation, operation, outcome, 'refused'),
      ];
    }),
  );
}

const BROKEN = target('hr', {
  name: 'Human Resources',
  matrix: matrixOf('hr', true),
  checks: [
    check('all_tables_present', { title: 'all tables are there, and no others' }),
    check('indexes_created', {
      title: 'essential indexes are there and valid',
      summary: '23 of 24 indexes',
      findings: [
        finding('hr_tenant.idx_tool_calls_status', {
          message: 'index is missing',
          remedy: 'create index idx_tool_calls_status\n  on hr_tenant.tool_calls (department, status);',
        }),
        finding('hr_tenant.idx_old', { message: 'index is missing', severity: 'warning' }),
      ],
    }),
    check('public_privileges', {
      layer: 'catalogue',
      title: 'PUBLIC has no rights in the schema',
      findings: [
        finding('hr_tenant.audit_trail', {
          message: 'PUBLIC may select',
          remedy: 'revoke select on hr_tenant.audit_trail from public;',
          isolation: true,
        }),
      ],
    }),
    check('catalogue_drift', {
      layer: 'drift',
      title: 'the catalogue is what the scripts make',
      summary: '1 of 912 facts differs',
      findings: [
        finding('hr_tenant.orders.total', {
          message: 'column orders.total: numeric(10,2) → numeric',
          remedy: 'alter table hr_tenant.orders alter column total type numeric(10,2);',
          severity: 'warning',
        }),
        finding('hr_tenant.orders', {
          message: 'comment differs',
          remedy: 'Nothing need be done.',
          severity: 'note',
        }),
      ],
    }),
    check('cross_tenant_isolation', {
      layer: 'probe',
      title: 'other departments are out of reach',
      summary: '38 of 40 attempts',
      findings: [
        finding('legal_tenant.contacts', {
          message: 'hr_role selected a row of another department',
          remedy: 'revoke all on legal_tenant.contacts from hr_role;',
          isolation: true,
        }),
        finding('legal_tenant.tool_calls', {
          message: 'insert could not be proved: no row could be made up',
          remedy: 'Grant the validator INSERT on legal_tenant.tool_calls.',
          isolation: true,
        }),
      ],
      evidence: ['hr_role: 38 attempts refused', 'positive control: hr_role reads its own rows'],
    }),
  ],
});

const CLEAN_CHECKS = [
  check('all_tables_present', { title: 'all tables are there, and no others' }),
  check('cross_tenant_isolation', { layer: 'probe', title: 'other departments are out of reach' }),
];

/** Identity modes and risks as an engine would state them. */
const STATEMENTS = {
  identity: [
    {
      pack: 'federation',
      mode: 'role',
      stops: ['hostile SQL of a department login', 'a forgotten WHERE'],
      doesNotStop: ['SQL injection into a session that may SET ROLE to several departments'],
    },
  ],
  residualRisks: ['names of tables, columns and roles of every tenant can be read in pg_catalog'],
} as const;

/** One department, everything right. */
export const CLEAN: Evidence = evidence({
  ...STATEMENTS,
  checks: [
    check('server_release', { layer: 'catalogue', title: 'the server has no known hole', summary: '16.14' }),
  ],
  targets: [target('legal', { name: 'Legal', matrix: matrixOf('legal', false), checks: CLEAN_CHECKS })],
});

/** A fleet of which one department is broken, one could not be probed wholly, and one was skipped. */
export const FLEET: Evidence = evidence({
  ...STATEMENTS,
  checks: [
    ...CLEAN.checks,
    check('control_plane', {
      layer: 'catalogue',
      title: 'the control plane is closed',
      findings: [
        finding('federation.departments', {
          severity: 'warning',
          message: 'role reporting may select',
          remedy: 'revoke select on federation.departments from reporting;',
        }),
      ],
    }),
  ],
  targets: [
    BROKEN,
    ...CLEAN.targets,
    target('sales', { name: 'Sales', matrix: matrixOf('sales', false), checks: CLEAN_CHECKS }),
    target('ops', { name: 'Operations', unchanged: true }),
  ],
});

/** Waivers of every kind: one that holds, one whose day is over, one that nothing needs. */
export const WAIVERS: Policy['waivers'] = [
  {
    check: 'public_privileges',
    object: 'hr_tenant.audit_*',
    target: 'hr',
    reason: 'auditors read it until the move, ticket 4711',
    until: '2026-12-31',
  },
  { check: 'indexes_created', object: '*', reason: 'rebuilt at night', until: '2026-06-14' },
  { check: 'catalogue_drift', object: 'hr_tenant.gone', target: 'hr', reason: 'old', until: '2027-01-01' },
];

/** Judged as of TODAY. */
export const judged = (found: Evidence, changes: Partial<Policy> = {}): ValidationReport =>
  judge(found, policy(changes), TODAY);

/** Names that must not act on a terminal, a page or a document. */
export const HOSTILE = `x"><script>alert('1')</script>&amp;\u202egpj.exe\u001b[31m\nAll 9 checks passed.`;
