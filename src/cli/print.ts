import { redact } from '../config/redact.js';

/** A result for people, on stdout. */
export function printText(text: string): void {
  process.stdout.write(`${redact(text.trimEnd())}\n`);
}

/** A result for machines, on stdout: one JSON document that says which version of its format it has. */
export function printJson(document: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${redact(JSON.stringify({ schemaVersion: 1, ...document }, null, 2))}\n`);
}

/** SQL as it is: what psql shall read must not be touched. */
export function printSql(sql: string): void {
  process.stdout.write(sql);
}
