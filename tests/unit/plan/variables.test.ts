import { describe, expect, it } from 'vitest';
import type { VariableSpec } from '../../../src/packs/pack.js';
import { resolveVariables, type GivenVariables } from '../../../src/plan/variables.js';
import { failure } from '../config/workspace.js';
import { makePack } from '../fixtures.js';

const VARIABLES: Readonly<Record<string, VariableSpec>> = {
  storage: { type: 'enum', values: ['array', 'vector'], default: 'array' },
  size: { type: 'integer', default: 384, min: 1, max: 2000 },
  login: { type: 'boolean', default: true },
  schema: { type: 'identifier', default: 'public' },
  label: { type: 'string', default: '' },
};
const pack = makePack({}, { variables: VARIABLES });
const resolve = (given: GivenVariables): unknown => resolveVariables(pack, given);

describe('variables', () => {
  it('have their defaults', () => {
    expect(resolve({})).toEqual({ storage: 'array', size: 384, login: true, schema: 'public', label: '' });
  });

  it.each([
    ['storage', 'vector', 'vector'],
    ['size', 1, 1],
    ['size', '2000', 2000],
    ['size', '+7', 7],
    ['login', false, false],
    ['login', 'false', false],
    ['login', 'true', true],
    ['schema', '_x1', '_x1'],
    ['schema', 'a'.repeat(63), 'a'.repeat(63)],
    ['label', `it's $$ "\\ 💥\n`, `it's $$ "\\ 💥\n`],
    ['label', 12, '12'],
  ])('%s takes %j', (name, given, value) => {
    expect(resolve({ [name]: given })).toMatchObject({ [name]: value });
  });

  it.each([
    ['storage', 'Vector', 'is not one of array, vector'],
    ['storage', '', 'is not one of array, vector'],
    ['size', 0, 'is not a whole number from 1 up to 2000'],
    ['size', 2001, 'is not a whole number'],
    ['size', 1.5, 'is not a whole number'],
    ['size', Number.NaN, 'is not a whole number'],
    ['size', '', 'is not a whole number'],
    ['size', ' ', 'is not a whole number'],
    ['size', ' 7', 'is not a whole number'],
    ['size', '0x10', 'is not a whole number'],
    ['size', '1e2', 'is not a whole number'],
    ['size', '7; drop table t', 'is not a whole number'],
    ['size', true, 'is not a whole number'],
    ['login', 'yes', 'is not true or false'],
    ['login', 1, 'is not true or false'],
    ['schema', 'Public', 'is not a lower-case SQL name'],
    ['schema', 'a'.repeat(64), 'is not a lower-case SQL name'],
    ['schema', 'a b', 'is not a lower-case SQL name'],
    ['schema', 'a\n', 'is not a lower-case SQL name'],
    ['label', 'a\0', 'is not text without zero bytes'],
    ['label', '\ud800', 'is not text without zero bytes'],
    ['label', '\ue000a:1\ue001', 'is not text without zero bytes'],
  ])('%s refuses %j', async (name, given, told) => {
    const error = await failure(() => resolve({ [name]: given }));
    expect(error.code).toBe('E_VARIABLE_INVALID');
    expect(error.message).toContain(`${name}: ${JSON.stringify(given)} ${told}`);
  });

  it('have all their faults told at once', async () => {
    const error = await failure(() => resolve({ size: 'x', login: 2, colour: 'red', constructor: 'x' }));
    expect(error.message.split('\n')).toHaveLength(4);
    expect(error.message).toContain('pack shop has no variable "colour"');
    expect(error.message).toContain('pack shop has no variable "constructor"');
    expect(error.hint).toBe('Variables of pack shop: storage, size, login, schema, label.');
  });
});
