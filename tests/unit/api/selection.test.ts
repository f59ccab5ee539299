import { describe, expect, it } from 'vitest';
import { assertKnownWaivers, selectChecks, type Selection } from '../../../src/api/selection.js';

const CHECKS = [
  { code: 'rls_enabled', layer: 'contract' },
  { code: 'indexes_created', layer: 'contract' },
  { code: 'attack', layer: 'probe' },
];
const select = (selection: Selection): string[] => [...selectChecks(CHECKS, selection)];

describe('--only and --skip', () => {
  it.each([
    [{}, ['rls_enabled', 'indexes_created', 'attack']],
    [{ only: ['contract'] }, ['rls_enabled', 'indexes_created']],
    [{ only: ['attack', 'rls_enabled'] }, ['rls_enabled', 'attack']],
    [{ skip: ['probe'] }, ['rls_enabled', 'indexes_created']],
    [{ only: ['contract'], skip: ['rls_enabled'] }, ['indexes_created']],
  ])('%j', (selection, codes) => {
    expect(select(selection)).toEqual(codes);
  });

  it('name everything that is unknown, and what was meant', () => {
    expect(() => select({ only: ['rls_enable', 'contract'], skip: ['zzzzzz'] })).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: 'there is no check and no layer named "rls_enable" (did you mean rls_enabled?), "zzzzzz"',
      }),
    );
  });

  it('must leave something', () => {
    expect(() => select({ only: ['probe'], skip: ['attack'] })).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
  });
});

describe('waivers', () => {
  it('of known checks pass', () => {
    expect(() => assertKnownWaivers([{ check: 'attack' }], ['attack'])).not.toThrow();
  });

  it('of others are refused', () => {
    expect(() => assertKnownWaivers([{ check: 'atack' }, { check: 'contract' }], ['attack'])).toThrow(
      expect.objectContaining({
        code: 'E_CONFIG_INVALID',
        message: 'validate.waivers: there is no check named "atack" (did you mean attack?), "contract"',
      }),
    );
  });
});
