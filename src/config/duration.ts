/** What PostgreSQL accepts for its timeouts: a signed 32-bit number of milliseconds. */
export const MAX_DURATION_MS = 2_147_483_647;

/** A number and an optional unit; without a unit it is milliseconds, as in postgresql.conf. */
export const DURATION_PATTERN = /^\d+(?:\.\d+)?\s*(?:ms|s|min|m|h)?$/;

/** What a message tells the reader to write. */
export const DURATION_FORM = 'a duration such as "5s", "100ms" or "2min", or a number of milliseconds';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/**
 * Milliseconds of a duration such as 5000, "100ms", "1.5s", "2min" or "1h" (m and min are minutes), rounded to whole
 * milliseconds. Undefined when it is not one, is negative, or is above MAX_DURATION_MS.
 */
export function parseDuration(value: string | number): number | undefined {
  const text = String(value).trim();
  if (!DURATION_PATTERN.test(text)) return undefined;
  const unit = text.replace(/^[\d.]+\s*/, '');
  const milliseconds = Math.round(Number.parseFloat(text) * (UNIT_MS[unit] ?? 1));
  return milliseconds <= MAX_DURATION_MS ? milliseconds : undefined;
}
