import { composeFiles, fileId } from '../render/compose.js';
import type { Engine } from './engines.js';
import { renderTarget } from './options.js';

/** PostgreSQL: scripts in transactions, row security, departments and shared packs. Each verb is loaded when it is called. */
export const POSTGRES: Engine = {
  hasControlPlane: true,
  render: async (prepared, department) => {
    const { plan, scripts } = await renderTarget(prepared, { name: department });
    const { target } = plan;
    const names = { schema: `schema_${target.schema}.sql`, rls: `rls_policies_${fileId(target)}.sql` };
    return { plan, scripts, files: composeFiles(plan, scripts, names) };
  },
  apply: async (options) => (await import('./apply.js')).applyToPostgres(options),
  rollback: async (options) => (await import('./rollback.js')).rollBackPostgres(options),
  status: async (options) => (await import('./status.js')).statusOfPostgres(options),
  validate: async (options) => (await import('./validate.js')).validatePostgres(options),
  addTenant: async (options) => (await import('./tenants.js')).addToPostgres(options),
  listTenants: async (options) => (await import('./tenants.js')).listInPostgres(options),
  showTenant: async (options) => (await import('./tenants.js')).showInPostgres(options),
  suspendTenant: async (options) => (await import('./tenant-lifecycle.js')).suspendInPostgres(options),
  resumeTenant: async (options) => (await import('./tenant-lifecycle.js')).resumeInPostgres(options),
  removeTenant: async (options) => (await import('./tenant-lifecycle.js')).removeFromPostgres(options),
};
