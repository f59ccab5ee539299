import { isConnectionLost, isServerError, statementError } from '../db/errors.js';
import type { RenderedSql } from '../render/render.js';
import { pointOffset } from '../render/sql-offsets.js';
import { FedgenError, type ErrorCode } from '../shared/errors.js';
import { excerpt, positionAt } from '../shared/excerpt.js';

/** What helps with some SQLSTATEs more than mending the script. */
const HINTS: Readonly<Record<string, string>> = {
  '42501':
    'Scripts run as the owner role, those with "run-as provisioner" as the role you connect as: grant that role what it lacks. docs/provisioning.md lists the rights.',
  '42710':
    'Something of that name is there already. Roles are cluster-wide: the same department in another database of this server needs another --role-prefix.',
};

/**
 * An error of a script's SQL as a person wants to read it: template file and line, the rendered lines with a
 * caret, SQLSTATE, and what the server added.
 * @param shift characters that were sent before the script, in the same query.
 * @param kept what stands of the script all the same.
 */
export function scriptError(
  code: Extract<ErrorCode, 'E_APPLY_FAILED' | 'E_ROLLBACK_FAILED'>,
  cause: unknown,
  script: string,
  rendered: RenderedSql,
  shift = 0,
  kept = `Nothing of ${script} was kept. Mend it and run the same command again.`,
): FedgenError {
  if (cause instanceof FedgenError) return cause;
  if (!isServerError(cause) || isConnectionLost(cause)) return statementError(cause, `running ${script}`);
  // The server counts code points, JavaScript UTF-16 units.
  const offset =
    cause.position === undefined
      ? undefined
      : pointOffset(rendered.sql, Math.max(0, Number(cause.position) - 1 - shift));
  const place = offset === undefined ? undefined : rendered.sourceMap(positionAt(rendered.sql, offset).line);
  const lines = [
    `${place ? `${place.file}:${place.line}` : rendered.file}: ${cause.message} (SQLSTATE ${cause.code ?? 'unknown'})`,
    offset !== undefined && excerpt(rendered.sql, offset, (line) => rendered.sourceMap(line).line),
    cause.detail && `  detail: ${cause.detail}`,
    cause.hint && `  server's hint: ${cause.hint}`,
    cause.where && `  where: ${cause.where}`,
  ];
  return new FedgenError(cause.code === '42501' ? 'E_PRIVILEGE' : code, lines.filter(Boolean).join('\n'), {
    hint: HINTS[cause.code ?? ''] ?? kept,
    details: { script, file: place?.file ?? rendered.file, line: place?.line, sqlState: cause.code },
    cause,
  });
}
