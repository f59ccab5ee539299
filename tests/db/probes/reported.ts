import type { ValidationReport } from '../../../src/index.js';

/** What the test servers are by themselves: not patched, and before 15 with a public schema open to all. */
const SERVER = /^(?:server_version |create_anywhere public|\w+ .*PUBLIC may create objects in it)/;

/** What SET ROLE after a membership of one's own cannot show. */
export const NOT_PROVEN_WITHOUT_SUPERUSER = /^not_proven .*not proven as this role/;

/** Findings of every layer but notes, as `code object: message`, without what the server itself brings. */
export const reportedFindings = (report: ValidationReport): string[] =>
  [...report.checks, ...report.targets.flatMap(({ checks }) => checks)].flatMap(({ code, findings }) =>
    findings
      .filter(({ severity }) => severity !== 'note')
      .map(({ object, message }) => `${code} ${object}: ${message}`)
      .filter((finding) => !SERVER.test(finding)),
  );
