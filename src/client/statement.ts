import type { CustomTypesConfig } from 'pg';
import { FedgenError } from '../shared/errors.js';

/** A statement with what pg's QueryConfig has. */
export interface TenantStatement {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  readonly rowMode?: 'array' | undefined;
  readonly types?: CustomTypesConfig | undefined;
  /** Of a prepared statement; refused unless namedStatements is set. */
  readonly name?: string | undefined;
}

/** White space, semicolons and comments before the first word. Block comments nest; one that does is refused below. */
const BEFORE = /^(?:[\s;]|--[^\n\r]*|\/\*(?:(?!\*\/|\/\*)[^])*\*\/)*/;

/** Ends or begins a transaction, or changes what outlives one. */
const REFUSED = new Set(
  'abort begin commit copy create deallocate declare discard end execute listen load prepare reset rollback set start unlisten'.split(
    ' ',
  ),
);

/** What begins with a refused word and is harmless all the same: local settings, and going back to a savepoint. */
const HARMLESS = [
  /^set (?:constraints|transaction)\b/,
  // Not what the identity hangs on (role, session authorization, app.…), nor a name that is quoted to look like another.
  /^set local (?!(?:session|role|app)\b|u&)[a-z_]/,
  /^rollback (?:(?:work|transaction) )?to\b/,
];

/**
 * The statement for pg, always by the extended protocol, which takes one statement only: nothing can hide behind a
 * semicolon. What a statement calls cannot be seen here: a function may set anything, for this transaction.
 * @throws FedgenError E_STATEMENT_REFUSED, E_USAGE.
 */
export function toStatement(
  statement: string | TenantStatement,
  values: readonly unknown[] | undefined,
  namedStatements: boolean,
): TenantStatement & { readonly values: unknown[]; readonly queryMode: 'extended' } {
  const given = typeof statement === 'string' ? { text: statement } : statement;
  if (typeof given.text !== 'string' || 'submit' in given) {
    throw new FedgenError('E_USAGE', 'a statement is a text, or an object with a text and values', {
      hint: 'Cursors and streams are not supported: use LIMIT and a condition on the last key that was read.',
    });
  }
  const { text, rowMode, types, name } = given;
  refuse(text);
  if (name !== undefined && !namedStatements) {
    throw refused(text, 'is a named prepared statement, which poolers in transaction mode mix up', {
      hint: 'Leave the name out, or say namedStatements: true where there is no pooler, or one that keeps them apart.',
    });
  }
  return {
    text,
    values: [...(values ?? given.values ?? [])],
    queryMode: 'extended',
    ...(rowMode && { rowMode }),
    ...(types && { types }),
    ...(name !== undefined && { name }),
  };
}

function refuse(text: string): void {
  const rest = text.replace(BEFORE, '').toLowerCase();
  const plain = rest.replace(/\s+/g, ' ');
  if (rest.startsWith('/*')) throw refused(text, 'begins with a comment within a comment', {});
  const [word = ''] = /^[a-z]*/.exec(rest) ?? [];
  if (!REFUSED.has(word) || HARMLESS.some((pattern) => pattern.test(plain))) return;
  throw refused(text, `would end the transaction of the tenant, or outlive it (${word})`, {
    hint: 'The transaction begins and ends with withTenant; inside it use savepoint(), and "set local" for settings.',
  });
}

const SHOWN = 60;

const refused = (text: string, why: string, options: { hint?: string }): FedgenError => {
  const start = text.trim().slice(0, SHOWN);
  return new FedgenError('E_STATEMENT_REFUSED', `the statement "${start}" ${why}`, options);
};
