import type { Pack, TableContract } from '../../../src/packs/pack.js';
import { planDepartment, type Target } from '../../../src/plan/target.js';
import type { ColumnFact, SchemaFacts, TableFact } from '../../../src/validate/facts.js';
import { makePack } from '../fixtures.js';

export const column = (name: string, type: string, rest: Partial<ColumnFact> = {}): ColumnFact => ({
  name,
  type,
  notNull: true,
  automatic: false,
  checks: [],
  ...rest,
});

export const table = (name: string, rest: Partial<TableFact> = {}): TableFact => ({
  name,
  owner: 'federation_owner',
  partOf: null,
  rlsEnabled: true,
  rlsForced: true,
  policies: ['floor', 'isolation'],
  columns: [column('department', 'character varying(100)')],
  indexes: [{ name: `idx_${name}`, valid: true }],
  ...rest,
});

export const contract = (name: string, rest: Partial<TableContract> = {}): TableContract => ({
  name,
  schema: undefined,
  scope: 'tenant',
  category: 'made up',
  purpose: 'made up',
  sharing: 'never',
  retention: { age: '1 year', column: 'created_at' },
  appendOnly: false,
  personal: [],
  essentialIndexes: [`idx_${name}`],
  sample: {},
  ...rest,
});

export const PACK: Pack = makePack(
  {},
  {
    tables: [contract('calls'), contract('audit', { appendOnly: true, retention: { none: 'evidence' } })],
    functions: ['purge_expired'],
  },
);

export const TARGET: Target = planDepartment(
  PACK,
  { id: 'hr', name: 'HR' },
  { rolePrefix: '', variables: {} },
).target;

/** A schema that keeps every promise of PACK. */
export const FACTS: SchemaFacts = {
  exists: true,
  tables: [table('calls'), table('audit')],
  functions: ['purge_expired', 'helper'],
};
