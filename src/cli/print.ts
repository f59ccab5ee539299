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
  process.stdout.write(`${jsonOf(document, 2)}\n`);
}

/** The same as one line of ndjson. */
export function printJsonLine(document: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${jsonOf(document)}\n`);
}

const jsonOf = (document: Readonly<Record<string, unknown>>, indent?: number): string =>
  JSON.stringify(
    { schemaVersion: 1, ...document },
    (_key, value: unknown) => (typeof value === 'string' ? redact(value) : value),
    indent,
  );

/** Text as it is: SQL that psql shall read, and reports that were redacted value by value. */
export function printVerbatim(text: string): void {
  process.stdout.write(text);
}
