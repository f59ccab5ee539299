import { describe, expect, it } from 'vitest';
import { asDevError } from '../../../src/dev/dev-error.js';
import { diagnose, startFailed } from '../../../src/dev/postmaster.js';
import { FedgenError } from '../../../src/shared/errors.js';

describe('diagnose', () => {
  it.each([
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'port-taken'],
    ['FATAL:  could not create any TCP/IP sockets', 'port-taken'],
    ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'old-processes'],
    ['FATAL:  lock file "postmaster.pid" already exists', 'other'],
    ['', 'other'],
  ])('%j is %s', (log, expected) => {
    expect(diagnose(log)).toBe(expected);
  });
});

describe('startFailed', () => {
  it('quotes the last lines of the log and names the whole', () => {
    const said = ['1', '2', '3', '4', '5', 'FATAL: six'].join('\n');
    const error = startFailed('/home/ann/dev', { kind: 'failed', why: 'other', said }, 5432);
    expect(error.message).toBe(
      'The PostgreSQL server in /home/ann/dev did not start:\n2\n3\n4\n5\nFATAL: six',
    );
    expect(error.hint).toContain('/home/ann/dev/log');
  });
});

describe('asDevError', () => {
  it('leaves errors of ours and bugs alone, and explains those of the system', () => {
    const ours = new FedgenError('E_DEV_SERVER', 'x');
    const bug = new TypeError('x is not a function');
    expect(asDevError(ours, undefined)).toBe(ours);
    expect(asDevError(bug, undefined)).toBe(bug);
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
    expect(asDevError(full, undefined)).toMatchObject({ code: 'E_DEV_SERVER', cause: full });
    expect(asDevError(new Error('abort'), AbortSignal.abort())).toMatchObject({ code: 'E_INTERRUPTED' });
  });
});
