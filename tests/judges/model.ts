import type { Pack } from '../../src/packs/pack.js';

/** Those who judge. */
export const JUDGES = ['squawk', 'splinter', 'pgtap'] as const;

/** One of them. */
export type JudgeName = (typeof JUDGES)[number];

/** What a judge objects to. */
export interface Objection {
  /** The judge's own name of its rule. */
  readonly rule: string;
  /** `schema.name`, or `pack/file`. */
  readonly object: string;
  readonly message: string;
}

/** What a judge said of everything. */
export interface Verdict {
  readonly judge: JudgeName;
  /** What looked at how much: `squawk 2.66.0 over 10 files`. */
  readonly scope: string;
  readonly objections: readonly Objection[];
  /** Faults that were planted, or claimed, and that the judge did not see: then its silence about the rest says nothing. */
  readonly blindTo: readonly string[];
}

/** As what a role may ask: a tenant or the administrators of a pack with tenants, or the kind of a role in pack.yaml. */
export const PARTIES = ['tenant', 'admin', 'caller', 'operator', 'service', 'accounts'] as const;

/** One of them. */
export type PartyName = (typeof PARTIES)[number];

/** A role that has rights in a target. */
export interface Party {
  readonly role: string;
  readonly as: PartyName;
}

/** A department, or the one installation of a pack. */
export interface JudgedTarget {
  readonly pack: Pack;
  readonly schemas: readonly string[];
  /** Everybody else is a stranger. */
  readonly parties: readonly Party[];
}

/** The database that is judged, and the SQL that it was made of. */
export interface World {
  readonly url: string;
  readonly targets: readonly JudgedTarget[];
  /** Roles that have no rights but those of PUBLIC, the gateway that may become a tenant among them. */
  readonly strangers: readonly string[];
  /** Names are `pack/file`. */
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

/** A judge that is not there; the message says how it could be had. */
export class MissingJudge extends Error {}
