import { describe, expect, it } from 'vitest';
import { childEnvironment, isSystemError, runProgram } from '../../../src/dev/program.js';

const env = process.env;

describe('childEnvironment', () => {
  it('hands on what programs need, nothing of PostgreSQL, and the C locale', () => {
    const given = {
      PATH: '/bin',
      PGPORT: '1',
      PGPASSWORD: 'secret',
      LANG: 'de_DE',
      LC_ALL: 'de_DE',
      TZ: undefined,
    };
    expect(childEnvironment(given)).toEqual({ PATH: '/bin', LC_ALL: 'C' });
  });
});

describe('runProgram', () => {
  it('collects the output and the exit code', async () => {
    const run = await runProgram('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], { env });
    expect(run).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('throws when the program is not there', async () => {
    const error: unknown = await runProgram('/nowhere/postgres', [], { env }).catch(
      (caught: unknown) => caught,
    );
    expect(isSystemError(error, 'ENOENT')).toBe(true);
    expect(isSystemError(error, 'EACCES')).toBe(false);
  });

  it('ends the program when aborted', async () => {
    const controller = new AbortController();
    const options = { env, signal: controller.signal, guard: () => controller.abort() };
    await expect(runProgram('sleep', ['600'], options)).rejects.toThrow('aborted');
  });
});
