import { composeClickHouseFiles } from '../../render/clickhouse/compose.js';
import type { Engine } from '../engines.js';
import { renderEngineTarget } from './target.js';

/** ClickHouse: statements one by one, row policies, shared packs. Each verb is loaded when it is called. */
export const CLICKHOUSE: Engine = {
  hasControlPlane: false,
  render: (prepared) => {
    const { plan, scripts } = renderEngineTarget(prepared);
    return Promise.resolve({ plan, scripts, files: composeClickHouseFiles(plan, scripts) });
  },
  apply: async (options) => (await import('./apply.js')).applyToClickHouse(options),
  rollback: async (options) => (await import('./rollback.js')).rollBackClickHouse(options),
  status: async (options) => (await import('./status.js')).statusOfClickHouse(options),
  validate: async (options) => (await import('./validate.js')).validateClickHouse(options),
  addTenant: async (options) => (await import('./tenants.js')).addToClickHouse(options),
  listTenants: async (options) => (await import('./tenants.js')).listInClickHouse(options),
  showTenant: async (options) => (await import('./tenants.js')).showInClickHouse(options),
  suspendTenant: async (options) => (await import('./tenant-lifecycle.js')).suspendInClickHouse(options),
  resumeTenant: async (options) => (await import('./tenant-lifecycle.js')).resumeInClickHouse(options),
  removeTenant: async (options) => (await import('./tenant-lifecycle.js')).removeFromClickHouse(options),
};
