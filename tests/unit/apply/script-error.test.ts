import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { scriptError } from '../../../src/apply/script-error.js';
import type { RenderedSql } from '../../../src/render/render.js';
import { FedgenError } from '../../../src/shared/errors.js';

const SQL = `select '💥💥é';\n\tselect '💥', nothing;\nselect 2;`;
const rendered: RenderedSql = {
  file: 'pack/0001_a.sql.njk',
  sql: SQL,
  sourceMap: (line) => ({ file: 'pack/lib.njk', line: line * 10 }),
};

function serverError(code: string | undefined, rest: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError('column "nothing" does not exist', 100, 'error'), {
    severity: 'ERROR',
    code,
    ...rest,
  });
}
const tell = (cause: unknown): FedgenError => scriptError('E_APPLY_FAILED', cause, '0001_a', rendered);

/** The server counts code points from 1. */
const positionOf = (word: string): string => String(Array.from(SQL.slice(0, SQL.indexOf(word))).length + 1);

describe('an error of a script', () => {
  it('shows template line, rendered lines, caret and SQLSTATE, whatever characters come before', () => {
    const error = tell(serverError('42703', { position: positionOf('nothing') }));
    expect(error.code).toBe('E_APPLY_FAILED');
    expect(error.message).toBe(
      [
        'pack/lib.njk:20: column "nothing" does not exist (SQLSTATE 42703)',
        `  10 | select '💥💥é';`,
        `  20 | \tselect '💥', nothing;`,
        `     | \t${' '.repeat(12)}^`,
      ].join('\n'),
    );
    expect(error.details).toEqual({ script: '0001_a', file: 'pack/lib.njk', line: 20, sqlState: '42703' });
    expect(error.hint).toBe('Nothing of 0001_a was kept. Mend it and run the same command again.');
  });

  it.each([
    ['1', 10],
    [positionOf('select 2'), 30],
    ['99999', 30],
  ])('at position %s stands in line %i', (position, line) => {
    expect(tell(serverError('42703', { position })).details['line']).toBe(line);
  });

  it('without a position names the script’s file, and what the server added', () => {
    const error = tell(
      serverError('23505', { detail: 'Key (id)=(1).', hint: 'Try 2.', where: 'PL/pgSQL f()' }),
    );
    expect(error.message.split('\n')).toEqual([
      'pack/0001_a.sql.njk: column "nothing" does not exist (SQLSTATE 23505)',
      '  detail: Key (id)=(1).',
      `  server's hint: Try 2.`,
      '  where: PL/pgSQL f()',
    ]);
    expect(error.details['line']).toBeUndefined();
  });

  it('is one of rights when rights are missing, and says which of the two verbs failed otherwise', () => {
    expect(tell(serverError('42501')).code).toBe('E_PRIVILEGE');
    expect(scriptError('E_ROLLBACK_FAILED', serverError('2BP01'), '0001_a', rendered).code).toBe(
      'E_ROLLBACK_FAILED',
    );
  });

  it('is one of the connection when that broke', () => {
    expect(tell(serverError('57P01')).code).toBe('E_DB_LOST');
    expect(tell(new Error('Connection terminated unexpectedly')).code).toBe('E_DB_LOST');
  });

  it('keeps an error that fedgen made', () => {
    const made = new FedgenError('E_DATA_LOSS', 'x');
    expect(tell(made)).toBe(made);
  });
});
