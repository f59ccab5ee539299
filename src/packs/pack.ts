import type { Known } from './known.js';

/** One numbered template: one tracked migration per target. */
export interface ScriptSource {
  /** Name of the pack that brought the script; a pack that extends another keeps the base scripts' owner. */
  readonly pack: string;
  readonly number: number;
  /** File name without its endings: `0001_create_department`. */
  readonly name: string;
  readonly template: TemplateRef;
  /** The hand-written rollback, when there is one. */
  readonly down: TemplateRef | undefined;
  readonly directives: Directives;
}

/** A template by its name in {@link Pack.templates} and the path that error messages show. */
export interface TemplateRef {
  readonly name: string;
  readonly file: string;
}

/** What `-- fedgen: …` lines at the head of a script say. */
export interface Directives {
  /** `owner` (default): objects belong to the NOLOGIN owner role. `provisioner`: the connecting role itself. */
  readonly runAs: 'owner' | 'provisioner';
  /** The generated file that the script's SQL goes to. */
  readonly section: 'schema' | 'rls';
  /** Why there is no way back, for a script that declares it. */
  readonly irreversible: string | undefined;
  readonly lockTimeoutMs: number | undefined;
  /** It holds statements that no transaction can: each is run and booked by itself. */
  readonly noTransaction: boolean;
}

/** A pack's variable: its type bounds what can reach a template. */
export type VariableSpec =
  | { readonly type: 'enum'; readonly values: readonly string[]; readonly default: string }
  | { readonly type: 'integer'; readonly default: number; readonly min?: number; readonly max?: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'identifier'; readonly default: string }
  | { readonly type: 'string'; readonly default: string };

export type VariableValue = string | number | boolean;

/** How long rows of a table are kept, or why for ever. */
export type Retention =
  | { readonly age: string; readonly column: string; readonly function?: string | undefined }
  | { readonly none: string };

/**
 * Whose the rows of a table are. `tenant`: each row belongs to one tenant. `reference`: all tenants read them and the
 * platform writes them; there is no tenant column. `mixed`: the tenant column may be null, and rows without a tenant
 * are reference rows.
 */
export type TableScope = 'tenant' | 'reference' | 'mixed';

/** How a shared pack learns which tenant asks; docs/tenants.md says which threat each one stops. */
export type IdentityMode = 'role' | 'signed' | 'variable';

/**
 * What a role of a pack is for. Members of a `caller` or an `operator` may execute the listed functions and nothing else;
 * nobody is a member of `service` and `accounts`, which own functions; `accounts` may make logins besides.
 */
export type PackRoleKind = 'caller' | 'operator' | 'service' | 'accounts';

/** A role that a pack brings, and all that it may do. */
export interface PackRole {
  /** Without the prefix of the installation. */
  readonly name: string;
  readonly kind: PackRoleKind;
  readonly purpose: string;
  /** Functions that it may execute, `schema.name`. */
  readonly execute: readonly string[];
  /** Tables and views that it may read, `schema.name`. */
  readonly read: readonly string[];
}

/** The table of a shared pack that holds one row per tenant. */
export interface TenantTable {
  readonly table: string;
  readonly schema: string;
  readonly idColumn: string;
  readonly nameColumn: string;
}

/** A tenant that `fedgen seed` brings, with its rows. */
export interface SeedTenant {
  readonly id: string;
  readonly name: string;
  readonly script: TemplateRef;
  /** Rows that it has at least afterwards, by table of the main schema. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What pack.yaml promises of one table; `validate` checks the database against it. */
export interface TableContract {
  readonly name: string;
  /** One of the pack's schemas; undefined where each department has a schema of its own. */
  readonly schema: string | undefined;
  readonly scope: TableScope;
  readonly category: string;
  readonly purpose: string;
  /** Resource name under which other tenants may be let in to read, or `never`. */
  readonly sharing: string;
  readonly retention: Retention;
  readonly appendOnly: boolean;
  /** Columns with personal data. */
  readonly personal: readonly string[];
  readonly essentialIndexes: readonly string[];
  /** SQL literals by column, for probes where no acceptable value can be worked out. */
  readonly sample: Readonly<Record<string, string>>;
}

/** What a pack is applied to. */
export type EngineName = 'postgres' | 'clickhouse';

/** One schema family as data. */
export interface Pack {
  readonly name: string;
  /**
   * Name of the pack at the root of `extends`. A shared pack is installed once per database under this name, whichever
   * of its extensions is applied.
   */
  readonly family: string;
  readonly version: number;
  readonly description: string;
  readonly engine: EngineName;
  /** `single`: one installation without tenants; roles of the pack's own say who may do what. */
  readonly tenancy: 'schema' | 'shared' | 'single';
  /** The schemas of a shared pack, the main one first; empty where each department has its own. */
  readonly schemas: readonly string[];
  /** Its name is empty where the pack has no tenants. */
  readonly tenantColumn: { readonly name: string; readonly type: string };
  /** Empty but for tenancy: single. */
  readonly roles: readonly PackRole[];
  readonly tenantTable: TenantTable | undefined;
  /** Tenants to begin with; empty for packs that bring none. */
  readonly seed: readonly SeedTenant[];
  /** The first is the default; empty where there are no tenants to tell apart. */
  readonly identityModes: readonly IdentityMode[];
  readonly variables: Readonly<Record<string, VariableSpec>>;
  readonly tables: readonly TableContract[];
  /** Function names (without arguments) that the target's schema must have, or that say their schema themselves. */
  readonly functions: readonly string[];
  /** By number, ascending. */
  readonly scripts: readonly ScriptSource[];
  /** Every template the scripts may import, by name; sources have LF line ends and no byte order mark. */
  readonly templates: ReadonlyMap<string, { readonly source: string; readonly file: string }>;
  /** What the build worked out for templates whose text it knew. */
  readonly known: Known;
}
