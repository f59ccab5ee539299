import type { Severity } from '../model.js';
import { DONE, type Act, type Answer } from './run.js';

/** The checks of this layer, in the order in which they are shown, and what is true when nothing is found. */
export const PROBE_TITLES = {
  positive_controls: 'a tenant can work with its own rows',
  unprobed_tables: 'every table was attacked with rows in it',
  foreign_read: 'a tenant reads nothing of others',
  foreign_write: 'a tenant writes nothing of others',
  forged_context: 'claiming to be another tenant gains nothing',
  no_context: 'without a tenant context nothing of others shows',
  hand_over: 'rows cannot be handed over to others, or smuggled in',
  existence_oracle: 'keys tell nothing about rows of others',
  foreign_link: 'rows cannot point at rows of others',
  becoming_others: 'a tenant cannot become anybody else',
  ddl_attempts: 'a tenant cannot change tables or their protection',
  create_anywhere: 'a tenant creates no objects',
  server_reach: 'a tenant reaches neither files nor settings nor other objects of the server',
  canary_sweep: 'no relation that a tenant can read shows rows of others',
  callable_functions: 'no function that a tenant can call shows rows of others',
  cached_plans:
    'a cached plan keeps neither the rows of the tenant before nor the access of one that is dismissed',
  gateway_alone: 'the gateway sees nothing until it acts for a tenant',
  not_proven: 'everything could be proven by the connecting role',
} as const;

/** Checks that need connections of their own, since what they look at shows only when a transaction or a login ends. */
export const CONNECTION_TITLES = {
  pooled_connections: 'a connection that goes back to its pool takes nothing of its tenant along',
  real_logins: 'whoever logs in reaches its own rows and nothing else',
} as const;

/** Stable code of a check of this layer. */
export type ProbeCode = keyof typeof PROBE_TITLES | keyof typeof CONNECTION_TITLES;

/**
 * What must come of an attempt. `refused`: a refusal, nothing else. `nothing`: a refusal, or no row. `unchanged`: a
 * refusal, or the watched rows stay as they are. `works`: it succeeds with a row at least. `silent`: whatever happens,
 * no mark of others shows. `uncomputed`: whatever happens, but not the error of a computation on a row of others.
 */
export type Expectation = 'refused' | 'nothing' | 'unchanged' | 'works' | 'silent' | 'uncomputed';

/** One thing that somebody tries. */
export interface Attempt {
  readonly check: ProbeCode;
  readonly actor: string;
  /** Whose relation: `own`, or how the victim is called; undefined keeps it out of the matrix. */
  readonly victim?: string | undefined;
  readonly operation: string;
  /** What it is about: `hr_tenant.contacts`, a role, a function. */
  readonly object: string;
  readonly act: Act;
  readonly expect: Expectation;
  /** SQLSTATEs that are a refusal; a missing privilege or a row that a policy refuses unless said otherwise. */
  readonly refusals?: readonly string[];
  /** The statement is an EXPLAIN: its answer is judged by whether every scan asks for the tenant. */
  readonly isPlan?: boolean;
  /** SQLSTATEs that come only after the server let it through, such as a foreign key that holds a row. */
  readonly passes?: readonly string[];
  readonly severity?: Severity;
  readonly isolation?: boolean;
  readonly remedy: string;
}

export type Outcome = 'refused' | 'allowed' | 'unproved';

/** An attempt and what came of it. */
export interface Result {
  readonly attempt: Attempt;
  readonly answer: Answer;
  readonly outcome: Outcome;
}

/** SQLSTATE of a missing privilege and of a row that a policy refuses. */
export const REFUSED = '42501';

/**
 * Judges an answer. A refusal counts only with the expected SQLSTATE; any other error proves nothing, and a mark of
 * somebody else's rows in a result or an error message is a leak whatever was expected.
 */
export function judge(attempt: Attempt, answer: Answer, marks: RegExp | undefined): Outcome {
  if (tells(attempt, answer, marks)) return 'allowed';
  if (attempt.expect === 'silent' || attempt.expect === 'uncomputed')
    return answer.state === '57014' ? 'unproved' : 'refused';
  if ((attempt.refusals ?? [REFUSED]).includes(answer.state)) return 'refused';
  if (attempt.passes?.includes(answer.state)) return 'allowed';
  if (answer.state !== DONE) return 'unproved';
  switch (attempt.expect) {
    case 'refused':
      return 'allowed';
    case 'nothing':
    case 'works':
      return answer.rows > 0 ? 'allowed' : 'refused';
    case 'unchanged':
      return answer.changed ? 'allowed' : 'refused';
  }
}

/** A mark that the attempt itself brought proves nothing, except as the value that a cast stumbled over. */
function tells({ expect, act }: Attempt, answer: Answer, marks: RegExp | undefined): boolean {
  if (!marks || expect === 'works') return false;
  if (expect === 'uncomputed') return answer.state === '22P02' && marks.test(answer.said);
  return !marks.test(act.sql) && (marks.test(answer.text) || marks.test(answer.said));
}

/** Whether it came out as it should. */
export const isRight = ({ attempt, outcome }: Result): boolean =>
  outcome === (attempt.expect === 'works' ? 'allowed' : 'refused');
