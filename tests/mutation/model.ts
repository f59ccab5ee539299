import type { Layer, Severity } from '../../src/validate/model.js';
import type { Major } from '../support/postgres.js';

/** What a mutation takes away. */
export type Breaks = 'completeness' | 'isolation' | 'both';

/** One change of a database that validation must find, or must let pass. */
export interface Mutation {
  /** `policy-drop-select`; unique over all areas. */
  readonly id: string;
  /** The change: a single statement. `{database}` stands for the name of the database. */
  readonly sql: string;
  /** What the statement needs and what breaks nothing by itself: a role, a row. Several statements are allowed. */
  readonly prepare?: string;
  /** The oldest major that knows the statement. */
  readonly since?: Major;
  /** The newest major on which it means what it says. */
  readonly until?: Major;
}

/** A mutation that breaks something. */
export interface BreakingMutation extends Mutation {
  readonly breaks: Breaks;
  /** Departments whose validation must find it; the fixture's first one when missing. */
  readonly caughtFor?: readonly string[];
}

/** The mutations of one subject, on one fixture. */
export interface Area {
  readonly area: string;
  readonly fixture: string;
  readonly breaking: readonly BreakingMutation[];
  readonly harmless: readonly Mutation[];
}

/** What a validation says of one department: the errors, and what only a look at them needs. */
export interface Verdict {
  /** `refused`: an error that says so. `crash`: one that nobody foresaw. */
  readonly layer: Layer | 'refused' | 'crash';
  readonly code: string;
  readonly severity: Severity;
  readonly isolation: boolean;
  readonly object: string;
  readonly message: string;
}

/** What became of one mutation on one server. */
export interface Outcome {
  readonly version: Major;
  readonly area: string;
  readonly id: string;
  readonly kind: 'breaking' | 'harmless';
  /** Missed: a breaking one without an error, or one that breaks isolation and is not called so. */
  readonly result: 'caught' | 'missed' | 'passed' | 'alarmed';
  /** Layers that found it, for every department that was asked for. */
  readonly layers: readonly (Layer | 'refused')[];
  /** What was found, or what was not. */
  readonly details: readonly string[];
}
