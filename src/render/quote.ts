/** A name as a quoted SQL identifier, letter for letter as pg.escapeIdentifier. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Text as a quoted SQL literal, letter for letter as pg.escapeLiteral: with a backslash an escape string, so that it
 * means the same whatever standard_conforming_strings says.
 */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}
