import { redact } from '../config/redact.js';

/** A result for people, on stdout. */
export function printText(text: string): void {
  process.stdout.write(`${redact(text.trimEnd())}\n`);
}

/**
 * A result for machines, on stdout: one JSON document that says which version of its format it has. Redacted value by
 * value: in the whole text a quote in somebody's name could swallow what follows it, and with it the document.
 */
export function printJson(document: Readonly<Record<string, unknown>>): void {
  const redactValue = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? redact(value) : value;
  process.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...document }, redactValue, 2)}\n`);
}

/** SQL as it is: what psql shall read must not be touched. */
export function printSql(sql: string): void {
  process.stdout.write(sql);
}
