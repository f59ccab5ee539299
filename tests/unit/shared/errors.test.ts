import { describe, expect, it } from 'vitest';
import { ERROR_CODES, EXIT, FedgenError, type ErrorCode } from '../../../src/shared/errors.js';

describe('a FedgenError', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s exits as the list says', (code) => {
    const error = new FedgenError(code, 'm');
    expect(error.exitCode).toBe(ERROR_CODES[code]);
    expect(Object.values(EXIT)).toContain(error.exitCode);
    expect(error.exitCode).not.toBe(EXIT.ok);
  });

  it('has what it was given, and nothing else', () => {
    const cause = new Error('c');
    const full = new FedgenError('E_USAGE', 'm', { hint: 'h', details: { a: 1 }, cause });
    expect(full).toMatchObject({
      name: 'FedgenError',
      code: 'E_USAGE',
      message: 'm',
      hint: 'h',
      details: { a: 1 },
      cause,
    });
    const bare = new FedgenError('E_USAGE', 'm');
    expect(bare.hint).toBeUndefined();
    expect(bare.details).toEqual({});
    expect('cause' in bare).toBe(false);
    expect(bare).toBeInstanceOf(Error);
  });
});
