import { createHash } from 'node:crypto';
import nunjucks from 'nunjucks';
import type { ValidationReport } from '../../validate/judge.js';
import { pageView } from './html-view.js';
import { withVisibleTexts } from './shown.js';

/** The files that the page is made of, from templates/_report. */
export interface PageSources {
  readonly template: string;
  readonly style: string;
  readonly script: string;
}

/**
 * A validation as one self-contained page: it opens without a network and reads without JavaScript. Autoescape is on;
 * should a text escape it all the same, the page's own policy runs no script and loads nothing but what stands here.
 */
export function formatHtml(report: ValidationReport, { template, style, script }: PageSources): string {
  const environment = new nunjucks.Environment([], {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const view = { ...pageView(withVisibleTexts(report)), policy, style, script };
  return `${environment.renderString(template, view).trim()}\n`;
}

/** How a Content-Security-Policy names an inline element. */
const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
