import type { QueryResult, QueryResultRow } from 'pg';
import { FedgenError } from '../shared/errors.js';
import type { Checkout } from './check-out.js';
import { isLost, isServerError, lost } from './failures.js';
import type { Limit } from './limit.js';
import type { Context } from './options.js';
import { toStatement, type TenantStatement } from './statement.js';

/** What a transaction of a tenant works with: the statements of one connection, one after the other. */
export interface TenantClient {
  readonly pack: string;
  readonly tenantId: string;
  /**
   * Runs one statement. Those that would end the transaction or outlive it are refused. Errors of the server come as pg
   * gives them; after one the transaction can only be rolled back, as ever, unless it happened in a savepoint.
   * @throws FedgenError E_STATEMENT_REFUSED, E_USAGE, E_DB_LOST, E_TIMEOUT, E_INTERRUPTED.
   */
  query<R extends QueryResultRow = QueryResultRow>(
    statement: string | TenantStatement,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
  /**
   * Runs `fn` within a savepoint: if it fails, what it did is undone, and the transaction goes on. Meanwhile only the
   * client that `fn` is given may be used.
   */
  savepoint<T>(fn: (client: TenantClient) => Promise<T>): Promise<T>;
}

/** The statements of a transaction, for who began it. */
export interface Statements {
  readonly client: TenantClient;
  /** The first error of the server that no savepoint has undone. */
  readonly failure: () => unknown;
  /** Lets no more statements in; resolves when those that are under way are through, well or not. */
  readonly close: () => Promise<void>;
}

interface State {
  /** Whose turn it is: the innermost savepoint, 0 for none. */
  turns: number[];
  savepoints: number;
  closed: boolean;
  last: Promise<unknown>;
  failure: unknown;
}

/** Makes the client that `fn` is given. */
export function makeStatements(checkout: Checkout, context: Context, limit: Limit): Statements {
  const state: State = {
    turns: [0],
    savepoints: 0,
    closed: false,
    last: Promise.resolve(),
    failure: undefined,
  };
  const send = async (statement: ReturnType<typeof toStatement>): Promise<QueryResult> => {
    limit.check();
    try {
      return await checkout.client.query(statement);
    } catch (error) {
      state.failure ??= error;
      limit.check();
      const isOver = checkout.isBroken() || isLost(error);
      throw isOver ? lost('running a statement', error, { tenantId: context.tenantId }) : error;
    }
  };
  /** One after the other: pg warns of two at once, and will refuse them. */
  const enqueue = (statement: ReturnType<typeof toStatement>): Promise<QueryResult> => {
    const result = state.last.then(() => send(statement));
    state.last = result.catch(() => undefined);
    return limit.race(result);
  };
  return {
    client: clientAt(0, { context, state, enqueue }),
    failure: () => state.failure,
    close: async () => {
      state.closed = true;
      await state.last;
    },
  };
}

interface Inside {
  readonly context: Context;
  readonly state: State;
  readonly enqueue: (statement: ReturnType<typeof toStatement>) => Promise<QueryResult>;
}

function clientAt(turn: number, inside: Inside): TenantClient {
  const { context, state, enqueue } = inside;
  const run = async (
    statement: string | TenantStatement,
    values?: readonly unknown[],
  ): Promise<QueryResult> => {
    assertTurn(state, turn, context);
    return enqueue(toStatement(statement, values, context.namedStatements));
  };
  return {
    pack: context.pack,
    tenantId: context.tenantId,
    // The rows' type is what the caller says, as with pg.
    query: run as TenantClient['query'],
    savepoint: async (fn) => {
      const name = state.savepoints + 1;
      const begun = run(`savepoint fedgen_${name}`);
      state.savepoints = name;
      state.turns.push(name);
      const { failure } = state;
      const inner = clientAt(name, inside);
      try {
        await begun;
        const result = await fn(inner);
        await inner.query(`release savepoint fedgen_${name}`);
        return result;
      } catch (error) {
        await undo(inner, name).then(
          () => (state.failure = failure),
          () => undefined,
        );
        throw error;
      } finally {
        state.turns = state.turns.filter((other) => other !== name);
      }
    },
  };
}

async function undo(inner: TenantClient, name: number): Promise<void> {
  await inner.query(`rollback to savepoint fedgen_${name}`);
  await inner.query(`release savepoint fedgen_${name}`);
}

function assertTurn(state: State, turn: number, { tenantId, pack }: Context): void {
  if (state.closed) {
    throw new FedgenError('E_USAGE', `the transaction of tenant "${tenantId}" of pack ${pack} is over`, {
      hint: 'Await every statement inside the function that withTenant is given, and keep the client to it.',
    });
  }
  if (state.turns.at(-1) === turn) return;
  throw new FedgenError('E_USAGE', 'a savepoint is open, or was closed, around this client', {
    hint: 'Use the client that the function of savepoint() is given, and no savepoints side by side.',
  });
}

/** The error of a transaction that the server rolled back although it was to be committed. */
export const notCommitted = ({ pack, tenantId }: Context, failure: unknown): FedgenError =>
  new FedgenError(
    'E_TRANSACTION_FAILED',
    `the transaction of tenant "${tenantId}" of pack ${pack} was rolled back: a statement in it had failed`,
    {
      hint: 'Let errors of statements pass out of the function, or catch them around savepoint().',
      details: { pack, tenantId, ...(isServerError(failure) && { sqlState: failure.code }) },
      cause: failure,
    },
  );
