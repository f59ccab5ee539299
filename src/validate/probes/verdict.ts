import type { CheckResult, Finding, MatrixCell } from '../model.js';
import { CONNECTION_TITLES, isRight, PROBE_TITLES, type ProbeCode, type Result } from './attempt.js';
import { DONE } from './run.js';

/** A finding that no single attempt led to. */
export type Remark = Finding & { readonly check: ProbeCode };

/** Findings that no attempt led to, evidence, and summaries, by check. */
export interface Remarks {
  readonly findings: readonly Remark[];
  readonly evidence: readonly { readonly check: ProbeCode; readonly text: string }[];
  /** Checks that had nothing to try, and why. */
  readonly idle: Readonly<Partial<Record<ProbeCode, string>>>;
}

/** Longest list of operations that a finding's message names. */
const MOST_NAMED = 6;

/** One check result per code, in order: findings by object, evidence by operation. */
export function checkResults(results: readonly Result[], remarks: Remarks): CheckResult[] {
  return Object.keys(PROBE_TITLES).map((code) => checkResult(code as ProbeCode, results, remarks));
}

/** The result of one check. */
export function checkResult(code: ProbeCode, results: readonly Result[], remarks: Remarks): CheckResult {
  const own = results.filter(({ attempt }) => attempt.check === code);
  const findings = [
    ...attemptFindings(own.filter((result) => !isRight(result))),
    ...remarks.findings.filter((finding) => finding.check === code).map(withoutCheck),
  ];
  const evidence = [
    ...counted(own.filter(isRight)),
    ...remarks.evidence.filter((each) => each.check === code).map(({ text }) => text),
  ];
  return {
    code,
    layer: 'probe',
    title: { ...PROBE_TITLES, ...CONNECTION_TITLES }[code],
    summary: summaryOf(own, findings, remarks.idle[code]),
    findings,
    evidence,
  };
}

/**
 * A hole that is there in every context is one of the first: only what a context opens is told as the context's.
 * Every attempt still counts in the matrix.
 */
export function oncePerHole(results: readonly Result[]): Result[] {
  const holes = new Map(
    results
      .filter((result) => !isRight(result) && !isContextual(result))
      .map((result) => [holeKey(result), result.attempt.check]),
  );
  return results.map((result) => {
    const check = isRight(result) || !isContextual(result) ? undefined : holes.get(holeKey(result));
    return check === undefined ? result : { ...result, attempt: { ...result.attempt, check } };
  });
}

const isContextual = ({ attempt }: Result): boolean =>
  attempt.check === 'forged_context' || attempt.check === 'no_context';

function holeKey(result: Result): string {
  const { actor, object, operation } = result.attempt;
  const plain = isContextual(result) ? operation.replace(/ with (?:an? |forgery ).*/, '') : operation;
  return [actor, object, plain].join('\n');
}

const withoutCheck = ({ check: _check, ...finding }: Finding & { check: ProbeCode }): Finding => finding;

function summaryOf(
  results: readonly Result[],
  findings: readonly Finding[],
  idle: string | undefined,
): string {
  if (results.length === 0) return idle ?? (findings.length === 0 ? 'nothing to try' : 'not proven');
  const objects = new Set(results.map(({ attempt }) => attempt.object)).size;
  const right = results.filter(isRight).length;
  return `${right} of ${results.length} attempts came out right, on ${objects} ${objects === 1 ? 'object' : 'objects'}`;
}

/** One finding per object, actor and outcome: a broken table breaks in many ways at once. */
function attemptFindings(wrong: readonly Result[]): Finding[] {
  const groups = new Map<string, Result[]>();
  for (const result of wrong) {
    const { attempt, outcome } = result;
    const key = [attempt.object, attempt.actor, outcome, attempt.expect === 'works'].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map(groupFinding);
}

function groupFinding(group: readonly Result[]): Finding {
  const [first] = group;
  if (!first) throw new RangeError('a finding without a result');
  const { attempt, answer, outcome } = first;
  const operations = [...new Set(group.map((result) => result.attempt.operation))];
  const named = operations.slice(0, MOST_NAMED).join(', ');
  const what = operations.length > MOST_NAMED ? `${named} and ${operations.length - MOST_NAMED} more` : named;
  return {
    object: attempt.object,
    severity: attempt.severity ?? 'error',
    isolation: attempt.isolation ?? attempt.expect !== 'works',
    message: messageOf(what, first),
    remedy:
      outcome === 'unproved' && attempt.expect !== 'works'
        ? `Find out why "${attempt.operation}" failed before the server refused it (SQLSTATE ${answer.state}); an attack that did not run proves nothing.`
        : attempt.remedy,
  };
}

/** Tells what came of it, but nothing of what was heard of others: reports go to more people than the data. */
function messageOf(what: string, { attempt, answer, outcome }: Result): string {
  const rows = `${answer.rows} ${answer.rows === 1 ? 'row' : 'rows'}`;
  const got = answer.state === DONE ? rows : quoted(answer);
  if (attempt.expect === 'works') return `positive control failed: ${what} as ${attempt.actor} gave ${got}`;
  if (outcome === 'unproved') return `${what} as ${attempt.actor} could not be judged: ${got}`;
  if (answer.state !== DONE && attempt.passes?.includes(answer.state) !== true)
    return `${attempt.actor} learns of rows of others by ${what}: the error (SQLSTATE ${answer.state}) shows a value that was planted there`;
  return `${attempt.actor} is allowed to ${what} (${attempt.expect === 'unchanged' ? 'and changes what is not its own' : got})`;
}

/** Messages of these classes name objects; others (data exceptions, raised ones) may quote rows. */
const NAMING = /^(?:0A|23|25|28|2B|3F|42|53|54|55|57|58)/;
const LONGEST_QUOTE = 200;

const quoted = ({ message, state }: Result['answer']): string =>
  NAMING.test(state)
    ? `${message.slice(0, LONGEST_QUOTE)} (SQLSTATE ${state})`
    : `SQLSTATE ${state}, whose message may quote rows and is not shown`;

/** How often each operation came out right: `select: 48 refused`. */
function counted(right: readonly Result[]): string[] {
  const counts = new Map<string, number>();
  for (const { attempt, outcome } of right) {
    const key = `${attempt.actor}: ${attempt.operation.replace(/^select column .*/, 'select single columns')}${attempt.victim === undefined ? '' : ` (${attempt.victim})`}: ${outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key}, ${count} times`);
}

/** The isolation matrix: who, whose, which relation, what. Columns of a table count as one. */
export function matrixOf(results: readonly Result[]): MatrixCell[] {
  const cells = new Map<string, MatrixCell>();
  for (const { attempt, outcome } of results) {
    if (attempt.victim === undefined) continue;
    const operation = attempt.operation.split(' ')[0] ?? '';
    const relation = attempt.object.split('.').slice(1).join('.');
    const key = [attempt.actor, attempt.victim, relation, operation].join('\n');
    const before = cells.get(key);
    const expected = attempt.expect === 'works' ? 'allowed' : 'refused';
    cells.set(key, {
      actor: attempt.actor,
      victim: attempt.victim,
      relation,
      operation,
      expected,
      outcome: before ? worse(before.outcome, outcome, expected) : outcome,
      attempts: (before?.attempts ?? 0) + 1,
    });
  }
  return [...cells.values()];
}

/** What is not as expected outweighs what is; a hole outweighs what could not be proved. */
function worse(
  a: MatrixCell['outcome'],
  b: MatrixCell['outcome'],
  expected: MatrixCell['expected'],
): MatrixCell['outcome'] {
  const rank = (outcome: MatrixCell['outcome']): number =>
    outcome === expected ? 0 : outcome === 'unproved' ? 1 : 2;
  return rank(b) > rank(a) ? b : a;
}
