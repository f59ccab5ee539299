import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageOf } from '../support/page.js';
import {
  check,
  CLEAN,
  evidence,
  finding,
  FLEET,
  HOSTILE,
  judged,
  target,
  WAIVERS,
} from '../unit/report/validation/evidence.js';
import { launch, withPage, type Opened } from './chromium.js';

const REPORT = judged(FLEET, { waivers: WAIVERS });
const CONTRAST = readFileSync(new URL('./contrast.mjs', import.meta.url), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => await browser.close());

/** Nothing was loaded but the page, and the browser has nothing to complain of. */
function expectQuiet({ requests, complaints, address }: Opened): void {
  expect(requests).toEqual([address]);
  expect(complaints).toEqual([]);
}

describe('the page of a validation, opened from a file without a network', () => {
  it('tells the verdict, the numbers and the fleet', async () => {
    await withPage(browser, pageOf(REPORT), {}, async (opened) => {
      const { page } = opened;
      const texts = (selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.title()).toContain('Isolation is broken or unproved; 2 checks failed.');
      expect(await page.locator('h1').innerText()).toContain('✗ Isolation is broken or unproved');
      expect((await texts('.tile')).map((text) => text.replaceAll(/\s+/g, ' ').trim())).toEqual([
        '3 of 4 targets passed',
        '11 of 13 checks passed',
        '3 errors',
        '4 warnings',
        '2 notes',
        '1 waived',
      ]);
      expect(await texts('.fleet tbody th')).toEqual(['hr', 'legal', 'sales', 'ops']);
      expect(await texts('.fleet .pill')).toEqual([
        '✗ isolation broken or unproved',
        '✓ passed',
        '✓ passed',
        '– unchanged, not looked at',
      ]);
      expectQuiet(opened);
    });
  });

  it('shows the matrix with marks beside the colours, and what had to be', async () => {
    await withPage(browser, pageOf(REPORT), {}, async ({ page }) => {
      const table = page.locator('.matrix').first();
      expect(await table.locator('caption').innerText()).toBe('hr_role against another department');
      expect(await table.locator('thead th[scope=col]').allInnerTexts()).toEqual([
        'Relation',
        'select',
        'insert',
        'update',
        'delete',
        'truncate',
      ]);
      expect(await table.locator('tbody th[scope=row]').count()).toBe(4);
      expect(await table.locator('.leak').innerText()).toMatch(/^✗ allowed\s+must be refused$/);
      expect(await table.locator('.unproved').innerText()).toMatch(/^\? unproved\s+must be refused$/);
      expect(await table.locator('.refused').count()).toBe(18);
      expect(await page.locator('details.target[open] .matrix').count()).toBe(2);
      const colours = await Promise.all(
        ['leak', 'refused', 'unproved'].map((ending) =>
          page.evaluate<string>(
            `getComputedStyle(document.querySelector('.matrix .${ending}')).backgroundColor`,
          ),
        ),
      );
      expect(new Set(colours).size).toBe(3);
    });
  });

  it('has findings, drift, waivers, identity and risks, each where it belongs', async () => {
    await withPage(browser, pageOf(REPORT), {}, async ({ page }) => {
      const objects = (section: string): Promise<string[]> =>
        page.locator(`${section} .finding h4 > code`).allInnerTexts();
      expect(await objects('#findings')).toEqual([
        'hr_tenant.idx_tool_calls_status',
        'legal_tenant.contacts',
        'legal_tenant.tool_calls',
        'hr_tenant.idx_old',
        'federation.departments',
      ]);
      expect(await objects('#drift')).toEqual(['hr_tenant.orders.total', 'hr_tenant.orders']);
      expect(await objects('#waivers')).toEqual([
        'hr_tenant.audit_trail',
        'indexes_created:*',
        'catalogue_drift:hr_tenant.gone of hr',
      ]);
      const waived = await page.locator('#waivers .waived').innerText();
      expect(waived).toContain('Waived until 2026-12-31: auditors read it until the move, ticket 4711');
      expect(await page.locator('#identity tbody').innerText()).toContain('SQL injection into a session');
      expect(await page.locator('#risks li').count()).toBe(1);
      const finding = await page.locator('#findings .finding').first().innerText();
      for (const part of [
        'Why it matters:',
        'create index idx_tool_calls_status',
        'docs/checks/indexes_created.md',
      ])
        expect(finding).toContain(part);
    });
  });

  it('filters, and folds out what passed', async () => {
    await withPage(browser, pageOf(REPORT), {}, async (opened) => {
      const { page } = opened;
      const visible = (): Promise<number> => page.locator('.finding:visible').count();
      expect(await visible()).toBe(10);
      await page.locator('#filter-text').fill('IDX_');
      expect(await visible()).toBe(2);
      expect(await page.locator('#filter-count').innerText()).toMatch(/^2 of 10 findings/);
      await page.locator('#filter-text').fill('');
      expect(await visible()).toBe(10);
      const evidenceLine = page.getByText('positive control: hr_role reads its own rows');
      expect(await evidenceLine.isVisible()).toBe(false);
      await page.locator('#checks > details > summary').first().click();
      await page.locator('#checks summary', { hasText: 'Evidence' }).last().waitFor({ state: 'attached' });
      for (const summary of await page.locator('#checks details details summary:visible').all())
        await summary.click();
      expect(await evidenceLine.isVisible()).toBe(true);
      expectQuiet(opened);
    });
  });

  it('reads the same without JavaScript, but for the filter', async () => {
    await withPage(browser, pageOf(REPORT), { javaScriptEnabled: false }, async (opened) => {
      expect(await opened.page.locator('.finding:visible').count()).toBe(10);
      expect(await opened.page.locator('#filter').isVisible()).toBe(false);
      expectQuiet(opened);
    });
  });
});

describe('whoever reads it', () => {
  it.each(['light', 'dark'] as const)('can read every text in %s', async (colorScheme) => {
    await withPage(browser, pageOf(REPORT), { colorScheme }, async ({ page }) => {
      await page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
      const { seen, faults } = await page.evaluate<{ seen: number; faults: string[] }>(CONTRAST);
      expect(faults).toEqual([]);
      expect(seen).toBeGreaterThan(200);
      const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'light' ? 'rgb(245, 246, 249)' : 'rgb(15, 19, 26)');
      const picture = await page.screenshot({ fullPage: true });
      expect(picture.subarray(1, 4).toString()).toBe('PNG');
      // an empty page of this size is a tenth of it
      expect(picture.length).toBeGreaterThan(100_000);
    });
  });

  it('on a telephone need not scroll sideways', async () => {
    const options = { viewport: { width: 360, height: 740 } };
    await withPage(browser, pageOf(REPORT), options, async ({ page }) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });
  });

  it('on paper has everything, and no navigation', async () => {
    await withPage(browser, pageOf(REPORT), {}, async ({ page }) => {
      expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(50_000);
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('nav').isVisible()).toBe(false);
      expect(await page.locator('#filter').isVisible()).toBe(false);
    });
  });
});

it('a clean run is green, and says what was not looked at', async () => {
  await withPage(browser, pageOf(judged(CLEAN)), {}, async (opened) => {
    const { page } = opened;
    expect(await page.locator('h1').innerText()).toBe('✓ All 3 checks passed.');
    expect(await page.locator('.product').innerText()).toBe('fedgen validation of Legal (legal)');
    expect(await page.locator('.left-out').innerText()).toBe('! Not looked at, so not proved: drift.');
    expect(await page.locator('.finding').count()).toBe(0);
    expect(await page.locator('#fleet').count()).toBe(0);
    expect(await page.locator('.matrix .leak, .matrix .denied, .matrix .unproved').count()).toBe(0);
    expectQuiet(opened);
  });
});

it('names that would be code are text', async () => {
  const cell = { actor: HOSTILE, victim: HOSTILE, relation: HOSTILE, operation: HOSTILE } as const;
  const hostile = evidence({
    server: HOSTILE,
    checks: [check('c', { findings: [finding(HOSTILE)] })],
    targets: [
      target(HOSTILE, {
        name: '<img src=x onerror=alert(2)>',
        pack: '{{ 7 * 7 }}</style><style>body{display:none}</style>',
        matrix: [{ ...cell, outcome: 'allowed', expected: 'refused', attempts: 1 }],
        checks: [
          check('a', {
            title: `</title></script><script>alert(3)</script>`,
            findings: [finding(HOSTILE, { message: HOSTILE, remedy: `${HOSTILE}\n</code></pre>` })],
            evidence: [HOSTILE],
          }),
        ],
      }),
    ],
    identity: [{ pack: HOSTILE, mode: 'role', stops: [HOSTILE], doesNotStop: [HOSTILE] }],
    residualRisks: [HOSTILE],
  });
  const waivers = [
    { check: 'c', object: '*', reason: '<b>bold</b>', until: '2999-01-01' },
    { check: 'a', object: HOSTILE, reason: '"', until: '2000-01-01' },
  ];
  await withPage(browser, pageOf(judged(hostile, { waivers })), {}, async (opened) => {
    const { page } = opened;
    expectQuiet(opened);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('style').count()).toBe(1);
    expect(await page.locator('img, b').count()).toBe(0);
    const text = await page.locator('body').innerText();
    expect(text).toContain(`x"><script>alert('1')</script>&amp;\\u202egpj.exe\\u001b[31m\\nAll 9 checks`);
    expect(text).toContain('<img src=x onerror=alert(2)>');
    expect(await page.locator('html').innerHTML()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });
});
