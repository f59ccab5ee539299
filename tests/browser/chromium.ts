import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function findChromium(): string {
  const named = process.env['FEDGEN_TEST_CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = named ? [named] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new Error(
    `The tests of the report's page need Chromium, and ${named ?? 'none on the PATH'} was found. Install it ` +
      '(Debian: apt-get install chromium), or name it with FEDGEN_TEST_CHROMIUM.',
  );
}

/** Starts the installed Chromium. Root may not use its sandbox, and the pages are our own. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

/** A page that was opened from a file, without a network, and what it tried to do. */
export interface Opened {
  readonly page: Page;
  /** Every address that was asked for, the page's own first. */
  readonly requests: readonly string[];
  /** Complaints of the browser, such as violations of the page's policy, and dialogs. */
  readonly complaints: readonly string[];
  readonly address: string;
}

/** Opens a page as a person does who was sent the file. */
export async function withPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions,
  use: (opened: Opened) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fedgen-page-'));
  const file = join(folder, 'validation.html');
  writeFileSync(file, html);
  const context = await browser.newContext({ offline: true, ...options });
  try {
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const address = pathToFileURL(file).href;
    await page.goto(address);
    await use({ page, requests, complaints, address });
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
