import { describe, expect, it } from 'vitest';
import { listBuiltInPacks, loadPack } from '../../../src/packs/load.js';
import { assertionsOf, wrongClaims } from '../../judges/assertions.js';
import { loadAccepted, weigh, type Accepted } from '../../judges/accepted.js';
import { expectationOf, loadExpectations } from '../../judges/expectation.js';
import type { Verdict } from '../../judges/model.js';

const verdict: Verdict = {
  judge: 'squawk',
  scope: 'a test',
  blindTo: [],
  objections: [
    { rule: 'ban-drop-table', object: 'shop/a.rollback.sql', message: 'line 1' },
    { rule: 'ban-drop-table', object: 'shop/a.sql', message: 'line 2' },
  ],
};
const accept = (overrides: Partial<Accepted>): Accepted => ({
  judge: 'squawk',
  rule: 'ban-drop-table',
  objects: ['*.rollback.sql'],
  reason: 'a reason of a test',
  ...overrides,
});

describe('accepted objections', () => {
  it('leaves open what no entry names', () => {
    const { open, stale } = weigh(verdict, [accept({})]);
    expect(open.map(({ object }) => object)).toEqual(['shop/a.sql']);
    expect(stale).toEqual([]);
  });

  it('takes neither another rule nor another judge for an acceptance', () => {
    expect(weigh(verdict, [accept({ rule: 'ban-drop-column', objects: ['*'] })]).open).toHaveLength(2);
    expect(weigh(verdict, [accept({ judge: 'splinter', objects: ['*'] })]).open).toHaveLength(2);
  });

  it('names every pattern that excuses nothing', () => {
    const { stale } = weigh(verdict, [accept({ objects: ['*', 'bi/*'] }), accept({ judge: 'pgtap' })]);
    expect(stale).toEqual(['ban-drop-table on bi/*']);
  });

  it('accepts nothing of pgTAP, and no syntax error', async () => {
    const accepted = await loadAccepted();
    expect(accepted.filter(({ judge, rule }) => judge === 'pgtap' || rule === 'syntax-error')).toEqual([]);
  });

  it('accepts of what is said about security only that functions without a search_path have a bound body', async () => {
    const accepted = await loadAccepted();
    expect(
      accepted
        .filter(({ rule }) => rule.startsWith('security/'))
        .map(({ rule, objects }) => [rule, ...objects]),
    ).toEqual([['security/functionSearchPathMutable', 'landing.as_event']]);
  });
});

describe('expectations for pgTAP', () => {
  it('has one for each built-in pack', async () => {
    const expectations = await loadExpectations();
    for (const name of await listBuiltInPacks()) {
      const pack = await loadPack(name);
      if (pack.engine !== 'postgres') continue;
      expect(expectationOf(expectations, pack, 'main').tables).toHaveLength(pack.tables.length);
    }
  });

  it('refuses a pack that it says nothing of', async () => {
    const pack = { ...(await loadPack('shop')), name: 'unheard-of' };
    const expectations = await loadExpectations();
    expect(() => expectationOf(expectations, pack, 'shop')).toThrow('says nothing of the pack unheard-of');
  });

  it('claims that strangers have nothing, and has a wrong claim for every function of pgTAP', async () => {
    const parties = [
      { role: 'shop_tenant', as: 'tenant' },
      { role: 'admin', as: 'admin' },
    ] as const;
    const target = { pack: await loadPack('shop'), schemas: ['shop'], parties };
    const world = { url: '', targets: [target], strangers: ['stranger'], files: [] };
    const assertions = assertionsOf(world, await loadExpectations());
    const ofStranger = assertions.filter(({ args }) => args.at(-2) === 'stranger');
    expect(ofStranger).toHaveLength(1 + target.pack.tables.length + 3 + 4);
    expect(ofStranger.filter(({ args }) => args.at(-1)?.length !== 0)).toEqual([]);
    const calls = new Set(assertions.map(({ call }) => call));
    expect(new Set(wrongClaims(assertions).map(({ call }) => call))).toEqual(calls);
    expect(calls.size).toBe(9);
  });
});
