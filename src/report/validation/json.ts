import type { ValidationReport } from '../../validate/judge.js';

/** A validation as one JSON document: `{ schemaVersion, validate }`, as all verbs answer. */
export function formatJson(report: ValidationReport): string {
  const { schemaVersion } = report;
  return `${JSON.stringify({ schemaVersion, validate: report }, null, 2)}\n`;
}
