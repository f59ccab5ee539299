import { readFileSync } from 'node:fs';
import { formatHtml } from '../../src/report/validation/html.js';
import type { ValidationReport } from '../../src/validate/judge.js';

const source = (name: string): string =>
  readFileSync(new URL(`../../templates/_report/${name}`, import.meta.url), 'utf8');

/** The page of a report, from the files that come with fedgen. */
export const pageOf = (report: ValidationReport): string =>
  formatHtml(report, {
    template: source('validation.html.njk'),
    style: source('validation.css'),
    script: source('validation.mjs'),
  });
