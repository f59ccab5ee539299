import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../../src/validate/model.js';
import { checkContract } from '../../../src/validate/contract.js';
import type { SchemaFacts, TableFact } from '../../../src/validate/facts.js';
import { column, FACTS, PACK, table, TARGET } from './facts.js';

const check = (facts: SchemaFacts): CheckResult[] => checkContract(PACK, TARGET, facts);
const failed = (facts: SchemaFacts): CheckResult[] =>
  check(facts).filter((result) => result.findings.length > 0);
const withCalls = (changes: Partial<TableFact>): SchemaFacts => ({
  ...FACTS,
  tables: [table('calls', changes), table('audit')],
});

describe('a schema that keeps its pack’s promises', () => {
  it('passes every check, with what was found', () => {
    const results = check(FACTS);
    expect(results.map(({ code, findings, summary }) => [code, findings.length === 0, summary])).toEqual([
      ['schema_exists', true, 'schema hr_tenant'],
      ['all_tables_present', true, '2 of 2 tables'],
      ['rls_enabled', true, '2 of 2 tables'],
      ['indexes_created', true, '2 of 2 essential indexes'],
      ['retention_policies', true, '1 of 1 functions'],
      ['department_column', true, '2 of 2 tables'],
    ]);
    for (const result of results) expect(result.evidence.length).toBeGreaterThan(0);
  });
});

describe('one broken promise fails exactly its check:', () => {
  it.each<[string, SchemaFacts, string, string, RegExp]>([
    [
      'row security off',
      withCalls({ rlsEnabled: false }),
      'rls_enabled',
      'hr_tenant.calls',
      /^row level security is disabled$/,
    ],
    [
      'row security not forced',
      withCalls({ rlsForced: false }),
      'rls_enabled',
      'hr_tenant.calls',
      /not forced: the owner passes it/,
    ],
    ['no policy', withCalls({ policies: [] }), 'rls_enabled', 'hr_tenant.calls', /^no policy protects it$/],
    [
      'a missing index',
      withCalls({ indexes: [] }),
      'indexes_created',
      'hr_tenant.idx_calls',
      /^the index on calls is missing$/,
    ],
    [
      'an invalid index',
      withCalls({ indexes: [{ name: 'idx_calls', valid: false }] }),
      'indexes_created',
      'hr_tenant.idx_calls',
      /is invalid and not used/,
    ],
    [
      'a missing function',
      { ...FACTS, functions: ['helper'] },
      'retention_policies',
      'hr_tenant.purge_expired()',
      /^the function is missing$/,
    ],
    [
      'no tenant column',
      withCalls({ columns: [column('id', 'uuid')] }),
      'department_column',
      'hr_tenant.calls',
      /^column department is missing$/,
    ],
    [
      'a tenant column that takes null',
      withCalls({ columns: [column('department', 'character varying(100)', { notNull: false })] }),
      'department_column',
      'hr_tenant.calls',
      /accepts null/,
    ],
    [
      'a tenant column of another type',
      withCalls({ columns: [column('department', 'text')] }),
      'department_column',
      'hr_tenant.calls',
      /has type text instead of character varying\(100\)/,
    ],
    [
      'a table that no pack knows',
      { ...FACTS, tables: [...FACTS.tables, table('strange')] },
      'all_tables_present',
      'hr_tenant.strange',
      /^pack shop does not know this table$/,
    ],
  ])('%s', (_, facts, name, object, message) => {
    const [first, ...others] = failed(facts);
    expect(others).toEqual([]);
    expect(first?.code).toBe(name);
    expect(first?.findings).toHaveLength(1);
    expect(first?.findings[0]).toMatchObject({ object, message: expect.stringMatching(message) as string });
    expect(first?.findings[0]?.remedy).toMatch(/\S/);
  });

  it('a table that no pack knows and that has no row security fails both', () => {
    const facts = {
      ...FACTS,
      tables: [...FACTS.tables, table('strange', { rlsEnabled: false, rlsForced: false, policies: [] })],
    };
    expect(failed(facts).map(({ code, findings }) => [code, findings.length])).toEqual([
      ['all_tables_present', 1],
      ['rls_enabled', 3],
    ]);
  });
});

describe('what cannot be checked has not passed', () => {
  it('of a missing table', () => {
    const results = failed({ ...FACTS, tables: [table('audit')] });
    expect(results.map(({ code, findings }) => [code, findings.map((each) => each.message)])).toEqual([
      ['all_tables_present', ['the table is missing']],
      ['rls_enabled', ['cannot be checked: the table is missing']],
      ['indexes_created', ['the index on calls is missing']],
      ['department_column', ['column department is missing']],
    ]);
  });

  it('of a missing schema', () => {
    const results = check({ exists: false, tables: [], functions: [] });
    expect(results.filter((result) => result.findings.length === 0)).toEqual([]);
    expect(results[0]?.findings).toEqual([
      {
        object: 'hr_tenant',
        severity: 'error',
        isolation: false,
        message: 'the schema is missing',
        remedy: expect.stringContaining('fedgen apply') as string,
      },
    ]);
  });
});
