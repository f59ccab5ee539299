import { hasOption, kindOf, pick, pickAll, strings, visit, walk } from './sql-nodes.js';
import type { NodeKind, NodeMap } from './sql-nodes.js';
import { parsePlpgsql } from './sql-parser.js';
import { plpgsqlOptions } from './sql-plpgsql.js';
import type { Statement } from './sql.js';

/** A statement that must not stand in a script, with why and what to do instead. */
export interface Forbidden {
  readonly statement: Statement;
  readonly reason: string;
  readonly hint: string;
  /** A script that declares `no-transaction` may hold it all the same. */
  readonly isAllowedOutside?: boolean;
}

type Verdict = Omit<Forbidden, 'statement'> | undefined;
type Rules = { readonly [K in NodeKind]?: (node: NodeMap[K]) => Verdict };

const TRANSACTION_HINT = 'fedgen runs every script in a transaction of its own; split the script instead';

function no(reason: string, hint: string): NonNullable<Verdict> {
  return { reason, hint };
}

function outside(what: string): NonNullable<Verdict> {
  return {
    reason: `${what} cannot run inside a transaction`,
    hint: 'every script runs in one transaction: write the form without concurrently, or leave it to an operator',
  };
}

/** What a script without a transaction may do, because it can be told afterwards whether it was done. */
const resumable = (what: string): NonNullable<Verdict> => ({
  reason: `${what} cannot run inside a transaction`,
  hint: 'put it into a script of its own with "-- fedgen: no-transaction" at its head',
  isAllowedOutside: true,
});

function concurrently(what: string, isConcurrent: boolean | undefined): Verdict {
  return isConcurrent === true ? resumable(`${what} concurrently`) : undefined;
}

/** Settings that say who acts. The runner decides that; a script that changes it defeats every check of privileges. */
const IDENTITY_SETTINGS = new Set(['role', 'session_authorization']);

function setting(node: NodeMap['VariableSetStmt']): Verdict {
  const name = node.name ?? 'all';
  if (IDENTITY_SETTINGS.has(name.toLowerCase())) {
    return no(
      `${name} must not be changed by a script`,
      'let objects be owned with AUTHORIZATION or OWNER TO',
    );
  }
  if (node.kind === 'VAR_SET_MULTI' && name !== 'SESSION CHARACTERISTICS') {
    return no('SET TRANSACTION changes the transaction that the runner opened', TRANSACTION_HINT);
  }
  if (node.is_local === true) return undefined;
  return no(
    `${name} would stay changed in the pooled session`,
    'write SET LOCAL, which ends with the script',
  );
}

function copy(node: NodeMap['CopyStmt']): Verdict {
  if (node.filename !== undefined) return undefined;
  return no('COPY without a file needs a data stream that a script has not', 'use INSERT … VALUES');
}

function sessionState(what: string): () => Verdict {
  return () => no(`${what} leaves state behind in the pooled session`, 'leave it to the application');
}

const RULES: Rules = {
  TransactionStmt: () => no('transaction control breaks the unit of the script', TRANSACTION_HINT),
  VariableSetStmt: setting,
  DiscardStmt: () => no('DISCARD resets the session of the runner', 'remove it'),
  CopyStmt: copy,
  PrepareStmt: sessionState('PREPARE'),
  ExecuteStmt: sessionState('EXECUTE of a prepared statement'),
  DeallocateStmt: sessionState('DEALLOCATE'),
  DeclareCursorStmt: sessionState('DECLARE CURSOR'),
  FetchStmt: sessionState('FETCH'),
  ClosePortalStmt: sessionState('CLOSE'),
  ListenStmt: sessionState('LISTEN'),
  UnlistenStmt: sessionState('UNLISTEN'),
  LoadStmt: sessionState('LOAD'),
  IndexStmt: (node) => concurrently('create index', node.concurrent),
  DropStmt: (node) => concurrently('drop index', node.concurrent),
  ReindexStmt: reindex,
  ClusterStmt: (node) => (node.relation === undefined ? outside('CLUSTER of all tables') : undefined),
  VacuumStmt: (node) => (node.is_vacuumcmd === true ? resumable('VACUUM') : undefined),
  CreatedbStmt: () => outside('CREATE DATABASE'),
  DropdbStmt: () => outside('DROP DATABASE'),
  AlterDatabaseStmt: (node) =>
    hasOption(node.options, 'tablespace') ? outside('ALTER DATABASE … SET TABLESPACE') : undefined,
  CreateTableSpaceStmt: () => outside('CREATE TABLESPACE'),
  DropTableSpaceStmt: () => outside('DROP TABLESPACE'),
  AlterSystemStmt: () => outside('ALTER SYSTEM'),
  CreateSubscriptionStmt: (node) =>
    hasOption(node.options, 'connect') || hasOption(node.options, 'create_slot')
      ? undefined
      : outside('CREATE SUBSCRIPTION that makes a slot'),
  AlterTableStmt: detach,
};

function reindex(node: NodeMap['ReindexStmt']): Verdict {
  if (hasOption(node.params, 'concurrently')) return resumable('REINDEX concurrently');
  const isWide = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'];
  return isWide.includes(node.kind ?? '') ? outside('REINDEX of a schema or database') : undefined;
}

function detach(node: NodeMap['AlterTableStmt']): Verdict {
  for (const command of pickAll(node.cmds, 'AlterTableCmd')) {
    const isFinalize = command.subtype === 'AT_DetachPartitionFinalize';
    const isConcurrent = isFinalize || pick(command.def, 'PartitionCmd')?.concurrent;
    if (isConcurrent === true) return outside('detach partition concurrently');
  }
  return undefined;
}

const PLPGSQL_CONTROL = ['PLpgSQL_stmt_commit', 'PLpgSQL_stmt_rollback'];

/** COMMIT and ROLLBACK in a block or procedure, as far as they are not hidden in EXECUTE. */
function bodyControl({ node, text }: Statement): Verdict {
  const canControl = pick(node, 'DoStmt') ?? pick(node, 'CreateFunctionStmt')?.is_procedure;
  if (canControl === undefined || plpgsqlOptions(node) === undefined) return undefined;
  if (!/commit|rollback/i.test(text)) return undefined;
  for (const part of walk(tryPlpgsql(text))) {
    if (PLPGSQL_CONTROL.some((name) => name in part)) {
      return no('the body commits or rolls back', 'leave the transaction to the caller');
    }
  }
  return undefined;
}

/** A body that cannot be parsed without a catalogue passed parseSql; nothing can be seen in it. */
function tryPlpgsql(text: string): unknown {
  try {
    return parsePlpgsql(text);
  } catch {
    return undefined;
  }
}

const isNodeKind = (kind: string): kind is keyof Rules => Object.hasOwn(RULES, kind);

/** What SET and LOCK are refused for can also be done by functions. Only statements that name one are searched. */
function functionControl(statement: Statement): Verdict {
  if (!/set_config|pg_(?:try_)?advisory/i.test(statement.text)) return undefined;
  for (const fields of walk(statement.node)) {
    const call = fields['FuncCall'] as NodeMap['FuncCall'] | undefined;
    const name = call === undefined ? undefined : strings(call.funcname).at(-1);
    if (name === undefined) continue;
    if (/^pg_(?:try_)?advisory_/.test(name)) {
      return no(`${name}() touches the locks that the runner holds`, 'leave locking to the runner');
    }
    if (name === 'set_config') {
      const [setting, , isLocal] = (call?.args ?? []).map((argument) => pick(argument, 'A_Const'));
      const text = setting?.sval?.sval?.toLowerCase();
      if (text === undefined || IDENTITY_SETTINGS.has(text) || isLocal?.boolval?.boolval !== true) {
        return no(
          'set_config() may change who acts, or outlive the script',
          'name the setting in quotes, not role or session_authorization, and pass true as the third argument',
        );
      }
    }
  }
  return undefined;
}

/** Must this statement run outside of transactions? */
export function needsNoTransaction(statement: Statement): boolean {
  const kind = kindOf(statement.node);
  const verdict = isNodeKind(kind) ? visit(statement.node, kind, RULES, undefined) : undefined;
  return verdict?.isAllowedOutside === true;
}

/**
 * The statements that a script must not hold: transaction control, session state, and what no transaction can hold, but
 * for such of it as a script without a transaction may.
 */
export function findForbidden(statements: readonly Statement[], noTransaction = false): Forbidden[] {
  return statements.flatMap((statement) => {
    const kind = kindOf(statement.node);
    const verdict =
      (isNodeKind(kind) ? visit(statement.node, kind, RULES, undefined) : undefined) ??
      bodyControl(statement) ??
      functionControl(statement);
    const isAllowed = verdict === undefined || (noTransaction && verdict.isAllowedOutside === true);
    return isAllowed ? [] : [{ statement, ...verdict }];
  });
}
