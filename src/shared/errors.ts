/** What a process exits with. The table stands in docs/errors.md as well. */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  database: 3,
  failed: 4,
  isolation: 5,
  bug: 70,
  interrupted: 130,
} as const;

/**
 * Every error code of fedgen with the exit code it leads to.
 * Codes are stable: scripts may match on them. docs/errors.md explains each, and a test holds the two together.
 */
export const ERROR_CODES = {
  // usage, configuration, templates: nothing was connected to
  E_USAGE: EXIT.usage,
  E_CONFIG_INVALID: EXIT.usage,
  E_CONFIG_NOT_FOUND: EXIT.usage,
  E_NO_DATABASE: EXIT.usage,
  E_SECRET_INVALID: EXIT.usage,
  E_NAME_INVALID: EXIT.usage,
  E_PACK_NOT_FOUND: EXIT.usage,
  E_PACK_INVALID: EXIT.usage,
  E_VARIABLE_INVALID: EXIT.usage,
  E_TEMPLATE_INVALID: EXIT.usage,
  E_SQL_INVALID: EXIT.usage,
  E_SQL_FORBIDDEN: EXIT.usage,
  E_ROLLBACK_UNDERIVABLE: EXIT.usage,
  E_OUTPUT: EXIT.usage,
  E_CONFIRMATION: EXIT.usage,
  E_STATEMENT_REFUSED: EXIT.usage,
  // the server
  E_DB_UNREACHABLE: EXIT.database,
  E_DB_AUTH: EXIT.database,
  E_DB_MISSING: EXIT.database,
  E_DB_LOST: EXIT.database,
  E_DB_VERSION: EXIT.database,
  E_DB_LOCKED: EXIT.database,
  E_TIMEOUT: EXIT.database,
  E_DB_POOLER: EXIT.database,
  E_SECRET_UNAVAILABLE: EXIT.database,
  E_DEV_SERVER: EXIT.database,
  // apply and rollback
  E_PRIVILEGE: EXIT.failed,
  E_APPLY_FAILED: EXIT.failed,
  E_SCRIPT_EDITED: EXIT.failed,
  E_SCRIPT_ORDER: EXIT.failed,
  E_TARGET_UNKNOWN: EXIT.failed,
  E_RUN_UNKNOWN: EXIT.failed,
  E_PLAN_STALE: EXIT.failed,
  E_VERIFY_FAILED: EXIT.failed,
  E_IMPORT_REFUSED: EXIT.failed,
  E_IRREVERSIBLE: EXIT.failed,
  E_DATA_LOSS: EXIT.failed,
  E_ROLLBACK_FAILED: EXIT.failed,
  // the tenant client
  E_TENANT_REFUSED: EXIT.failed,
  E_TRANSACTION_FAILED: EXIT.failed,
  E_INTERRUPTED: EXIT.interrupted,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts about an error that a machine may want: names, positions, SQLSTATE. Never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The only error that fedgen throws on purpose. The message names the object, the hint says what to do next.
 * Anything else that reaches the command line is a bug and is printed with its stack.
 */
export class FedgenError extends Error {
  override readonly name = 'FedgenError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  /** The same error with further facts, and another message where one is given. */
  with(details: ErrorDetails, message: string = this.message): FedgenError {
    return new FedgenError(this.code, message, {
      ...(this.hint !== undefined && { hint: this.hint }),
      details: { ...this.details, ...details },
      cause: this.cause,
    });
  }

  /** The process exit code that belongs to this error. */
  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}
