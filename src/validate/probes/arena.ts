import type { Session } from '../../db/session.js';

/** A tenant as one side of an attack. */
export interface Tenant {
  /** Value of the tenant column in its rows: `hr`. */
  readonly id: string;
  readonly role: string;
  /** Schemas whose tables hold its rows: one of its own, or those that all tenants share. */
  readonly schemas: readonly string[];
  /** How reports call it: `another department`. */
  readonly name: string;
  /** Statements with which its sessions begin, such as `select set_config('app.current_tenant_id', 'hr', true)`. */
  readonly enter: readonly string[];
  /** Made up inside the transaction: all rows it can reach are planted ones. */
  readonly synthetic: boolean;
}

/** What a pack says of one of its tables, as far as attacks go. */
export interface TableRules {
  readonly name: string;
  /** `mixed`: rows whose tenant column is null are for all to read and for none to write. */
  readonly scope?: 'tenant' | 'reference' | 'mixed';
  readonly appendOnly: boolean;
  /** SQL literals by column, for columns for which no acceptable value can be worked out. */
  readonly sample: Readonly<Record<string, string>>;
}

/** A real tenant beside the attacked one. */
export interface Neighbour {
  readonly tenant: Tenant;
  /** Tables that a permission lets the attacker read. */
  readonly readable: readonly string[];
  /** Something that the attacker can read or call leads to its tables: rows are planted there, to see whether they show. */
  readonly isSuspect: boolean;
}

/** How long and how much the attacks may work. */
export interface ProbeLimits {
  /** Rows up to which unqualified writes of synthetic tenants are carried out; above, their plan is looked at. */
  readonly rows: number;
  /** Time that one group of attempts may take. */
  readonly statementTimeoutMs: number;
  /** Roles that are tried one by one; of more, those that the attacker is a member of come first. */
  readonly roles: number;
}

/** Limits for live data: a validation must never hold up the application. */
export const PROBE_LIMITS: ProbeLimits = { rows: 10_000, statementTimeoutMs: 10_000, roles: 500 };

/**
 * Who attacks whom. Two shapes, one mechanism: a schema per tenant (the attacker is the target's real role, the victim
 * a scratch target), or one set of tables (both are synthetic tenants). The caller has opened the transaction with its
 * time-outs, has made whatever is synthetic inside it, and rolls it back.
 */
export interface Arena {
  readonly session: Session;
  readonly attacker: Tenant;
  readonly victim: Tenant;
  /** Real tenants: attacked too where each has a schema of its own, readers of the same tables otherwise. */
  readonly neighbours: readonly Neighbour[];
  /** Column that says whose a row is; a table may be without. */
  readonly tenantColumn: string;
  readonly tables: readonly TableRules[];
  /** Statements that claim to be the victim without being it. */
  readonly forgeries: readonly string[];
  /** Names of the settings that `enter` and forgeries set; emptied for the attempts without a context. */
  readonly contextSettings: readonly string[];
  /** Text of letters and digits that no row has yet. */
  readonly token: string;
  /** Statements of the connecting role after which the victim is a tenant no more. */
  readonly dismissal: readonly string[];
  /** Groups that tenants are meant to be members of. */
  readonly trustedRoles: readonly string[];
  /** Roles besides tenants that nobody may become: owner, administrators. */
  readonly guardedRoles: readonly string[];
  /** The role that pooled applications log in with; undefined where there is none. */
  readonly gateway: string | undefined;
  /** It does so to take on the roles of tenants; not so where an application's own role speaks for all of them. */
  readonly gatewayActs: boolean;
  readonly limits: ProbeLimits;
}

/** Whether both sides keep their rows in the same tables. */
export const isShared = (arena: Arena): boolean =>
  arena.victim.schemas.some((schema) => arena.attacker.schemas.includes(schema));
