import { FedgenError } from '../shared/errors.js';

/**
 * What the functions of this folder throw for an error of their inside: a FedgenError as it is, an abort as
 * E_INTERRUPTED, an error of the operating system (no room, no permission) as E_DEV_SERVER; anything else is a bug.
 */
export function asDevError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof FedgenError) return error;
  if (signal?.aborted) {
    return new FedgenError('E_INTERRUPTED', 'The start of the PostgreSQL server was interrupted', {
      cause: error,
    });
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new FedgenError(
    'E_DEV_SERVER',
    `The embedded PostgreSQL met a problem of this system: ${error.message}`,
    {
      hint: 'Is there room on the disk, and do the folders belong to you?',
      cause: error,
    },
  );
}
