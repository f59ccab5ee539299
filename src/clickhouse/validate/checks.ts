import type { Layer } from '../../validate/model.js';

/** What is true of a pack in ClickHouse when nothing is found, by the code of the check. */
export const ENGINE_CHECKS: Readonly<Record<string, { readonly layer: Layer; readonly title: string }>> = {
  engine_tables: {
    layer: 'contract',
    title: 'every table of the pack stands, keeps no copies, and is sorted by tenant first',
  },
  engine_retention: { layer: 'contract', title: 'every table that forgets has a TTL' },
  engine_scripts: { layer: 'contract', title: 'every script of the pack was brought to its end' },
  engine_row_policies: {
    layer: 'catalogue',
    title: 'the tables have the row policies that were rendered for roles and tenants, and no others',
  },
  engine_grants: {
    layer: 'catalogue',
    title: 'the tables are granted to the roles of the pack as rendered, and to nobody else',
  },
  engine_roles: {
    layer: 'catalogue',
    title:
      'every tenant has its role, its user, its quota and its settings profile, and nobody else its role',
  },
  engine_drift: { layer: 'drift', title: 'tables, columns and indexes are what the scripts make' },
  engine_positive_controls: {
    layer: 'probe',
    title: 'a tenant reads its own rows',
  },
  engine_foreign_read: { layer: 'probe', title: 'a tenant reads no rows of others' },
  engine_foreign_write: {
    layer: 'probe',
    title: 'a tenant writes, changes and removes nothing, and changes no policy',
  },
};

/** Every check of packs for ClickHouse. */
export const listEngineChecks = (): { code: string; layer: Layer; title: string }[] =>
  Object.entries(ENGINE_CHECKS).map(([code, check]) => ({ code, ...check }));
