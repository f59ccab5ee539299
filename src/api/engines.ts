import { defaultSettings } from '../config/settings.js';
import { loadPack } from '../packs/load.js';
import type { EngineName, Pack } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import type { GeneratedFile } from '../render/compose.js';
import type { ScriptChecksums } from '../render/render.js';
import type { ValidationReport } from '../validate/judge.js';
import type { ApplyOptions, ApplyResult } from './apply.js';
import type { CommonOptions, Prepared } from './options.js';
import type { RollbackOptions, RollbackResult } from './rollback.js';
import type { StatusOptions, StatusResult } from './status.js';
import type { RemoveTenantOptions, RemoveTenantResult, TenantStatusResult } from './tenant-lifecycle.js';
import type { Tenant, TenantOptions, TenantsOptions } from './tenant-target.js';
import type { AddTenantOptions, AddTenantResult, TenantDetails } from './tenants.js';
import type { ValidateOptions } from './validate.js';

/** A target with its scripts, and the files that `generate` writes of them. */
export interface RenderedTarget {
  readonly plan: TargetPlan;
  readonly scripts: readonly (ScriptChecksums & {
    readonly rollback:
      { readonly kind: 'sql'; readonly derived: boolean } | { readonly kind: 'irreversible' };
  })[];
  readonly files: readonly GeneratedFile[];
}

/**
 * What a pack is applied to. The verbs are the seam, and not single statements, because what lies below them has little in
 * common: one engine runs a script in a transaction together with its ledger row, the other has no transactions for DDL.
 */
export interface Engine {
  /** Is there a control plane, whose files can be written for who runs them by hand? */
  readonly hasControlPlane: boolean;
  render(prepared: Prepared, department: string | undefined): Promise<RenderedTarget>;
  apply(options: ApplyOptions): Promise<ApplyResult>;
  rollback(options: RollbackOptions): Promise<RollbackResult>;
  status(options: StatusOptions): Promise<StatusResult>;
  validate(options: ValidateOptions): Promise<ValidationReport>;
  addTenant(options: AddTenantOptions): Promise<AddTenantResult>;
  listTenants(options: TenantsOptions): Promise<Tenant[]>;
  showTenant(options: TenantOptions): Promise<TenantDetails>;
  suspendTenant(options: TenantOptions): Promise<TenantStatusResult>;
  resumeTenant(options: TenantOptions): Promise<TenantStatusResult>;
  removeTenant(options: RemoveTenantOptions): Promise<RemoveTenantResult>;
}

/** Loaded when a pack asks for one: who uses PostgreSQL never loads the other. */
const ENGINES: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  postgres: async () => (await import('./postgres.js')).POSTGRES,
  clickhouse: async () => (await import('./clickhouse/engine.js')).CLICKHOUSE,
};

/** The engine of a pack. */
export const engineOf = ({ engine }: Pick<Pack, 'engine'>): Promise<Engine> => ENGINES[engine]();

/** The engine of the pack that the options choose. What is wrong with the pack is told by the verb. */
export async function engineFor(options: CommonOptions & { readonly pack?: string }): Promise<Engine> {
  const settings = options.settings ?? defaultSettings();
  const name = await loadPack(options.pack ?? settings.pack, settings.packDirs).then(
    ({ engine }) => engine,
    () => 'postgres' as const,
  );
  return ENGINES[name]();
}
