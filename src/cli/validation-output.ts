import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { redact } from '../config/redact.js';
import type { formatHtml } from '../report/validation/html.js';
import { formatValidation } from '../report/validation/text.js';
import { FedgenError } from '../shared/errors.js';
import { mapTexts } from '../shared/texts.js';
import type { ValidationReport } from '../validate/judge.js';
import { colours } from './colours.js';
import { printText, printVerbatim } from './print.js';

const FORMATS = ['text', 'json', 'ndjson', 'junit', 'sarif', 'html'] as const;

type ReportFormat = (typeof FORMATS)[number];

/** commander has checked the text; this narrows its type. */
export const reportFormat = (given: string | undefined): ReportFormat =>
  FORMATS.find((format) => format === given) ?? 'text';

/**
 * Refuses a folder as the file of a report, before anything connects.
 * @throws FedgenError E_OUTPUT
 */
export async function refuseFolder(output: string): Promise<void> {
  const facts = await stat(output).catch(() => undefined);
  if (!facts?.isDirectory()) return;
  throw new FedgenError('E_OUTPUT', `cannot write the report to ${output}: it is a folder`, {
    hint: `Name a file in it, for example --output ${path.join(output, 'validation.html')}.`,
  });
}

/**
 * Prints a report in its format; with `output` the report goes to that file, and the text to stdout, first, so that it
 * is seen even where the file cannot be written.
 * @throws FedgenError E_OUTPUT
 */
export async function printValidation(
  found: ValidationReport,
  options: {
    readonly format: ReportFormat;
    readonly output: string | undefined;
    readonly verbose: boolean;
  },
): Promise<void> {
  const { format, output, verbose } = options;
  // value by value: in the whole of a document a quote in somebody's name could swallow what follows it
  const report = mapTexts(found, redact);
  const paint = colours(process.stdout);
  if (output !== undefined || format === 'text') printText(formatValidation(report, { verbose, paint }));
  if (output === undefined && format === 'text') return;
  const document = await documentOf(report, format, verbose);
  if (output === undefined) printVerbatim(document);
  else await writeReport(output, document);
}

/** A format's code is loaded when it is asked for. */
async function documentOf(report: ValidationReport, format: ReportFormat, verbose: boolean): Promise<string> {
  switch (format) {
    case 'text':
      return `${formatValidation(report, { verbose, paint: UNPAINTED })}\n`;
    case 'json':
      return (await import('../report/validation/json.js')).formatJson(report);
    case 'ndjson':
      return (await import('../report/validation/ndjson.js')).formatNdjson(report);
    case 'junit':
      return (await import('../report/validation/junit.js')).formatJunit(report);
    case 'sarif':
      return (await import('../report/validation/sarif.js')).formatSarif(report);
    case 'html':
      return (await import('../report/validation/html.js')).formatHtml(report, await readPage());
  }
}

/** The files of the page, which come with fedgen. */
async function readPage(): Promise<Parameters<typeof formatHtml>[1]> {
  const [template, style, script] = await Promise.all(
    ['validation.html.njk', 'validation.css', 'validation.mjs'].map((name) =>
      readFile(new URL(`../../templates/_report/${name}`, import.meta.url), 'utf8'),
    ),
  );
  return { template: template ?? '', style: style ?? '', script: script ?? '' };
}

const plain = (text: string): string => text;
const UNPAINTED = { red: plain, green: plain, yellow: plain, cyan: plain, bold: plain, dim: plain };

async function writeReport(output: string, document: string): Promise<void> {
  try {
    await mkdir(path.dirname(output), { recursive: true });
    await writeFile(output, document);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedgenError('E_OUTPUT', `cannot write the report to ${output}: ${reason}`, {
      hint: 'Name a file that you may write to with --output.',
      cause,
    });
  }
}
