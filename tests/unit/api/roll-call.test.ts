import { expect, it } from 'vitest';
import { askEach, createRollCall } from '../../../src/api/roll-call.js';
import { matchPatterns } from '../../../src/plan/selection.js';
import { FedgenError } from '../../../src/shared/errors.js';

const NAMES = ['north', 'south'];
const NOTHING = { targets: [], exclude: [] };
const UNKNOWN = { code: 'E_TARGET_UNKNOWN' };

it('says of ids and patterns which of them name something', () => {
  const typed = { targets: ['hr', 'sales_*', '*', 'it'], exclude: ['h*', 'q*'] };
  expect(matchPatterns(['hr', 'sales_1'], typed)).toEqual({
    matched: { targets: ['hr', 'sales_*', '*'], exclude: ['h*'] },
    unmatched: { targets: ['it'], exclude: ['q*'] },
  });
});

it.each([
  ['known to one of them', [{ exclude: ['n*'] }, { exclude: ['n*'] }], undefined],
  ['known to none', [{ exclude: ['n*', 'q*'] }, { exclude: ['n*', 'q*'] }], UNKNOWN],
  ['of targets, known to none', [{ targets: ['q*'] }, { targets: ['q*'] }], UNKNOWN],
  ['asked of one that does not know it', [{ targets: ['n_1'] }, { targets: ['s_9'] }], UNKNOWN],
  ['unknown where the other one is down', [{ exclude: ['q*'], targets: ['q*'] }, undefined], undefined],
  ['of a department that belongs to the one that is there', [{ targets: ['n_9'] }, undefined], UNKNOWN],
] as const)('a pattern that is %s', async (_, typed, refusal) => {
  const ids = [['n_1'], ['s_1']];
  const voices = createRollCall(NAMES);
  const answers = await Promise.allSettled(
    voices.map(async ({ agree, leave }, index) => {
      const patterns = typed[index];
      if (patterns === undefined) leave();
      else await agree(matchPatterns(ids[index] ?? [], patterns));
    }),
  );
  const heard = answers.filter((_answer, index) => typed[index] !== undefined);
  for (const answer of heard)
    if (refusal === undefined) expect(answer.status).toBe('fulfilled');
    else expect(answer).toMatchObject({ reason: refusal });
});

it('waits for no other database where nothing was typed', async () => {
  const [north] = createRollCall(NAMES);
  await north?.agree({ matched: NOTHING, unmatched: NOTHING });
});

it('reports a database that fails, and throws what is wrong with the call', async () => {
  const parts = NAMES.map((name) => ({ name }));
  const failing = (code: 'E_DB_UNREACHABLE' | 'E_USAGE' | 'E_TARGET_UNKNOWN') => () =>
    askEach(parts, ({ name }) =>
      name === 'north' ? Promise.resolve(1) : Promise.reject(new FedgenError(code, 'it is down')),
    );
  expect(await failing('E_DB_UNREACHABLE')()).toMatchObject([
    { name: 'north', result: 1 },
    { name: 'south', error: { code: 'E_DB_UNREACHABLE' } },
  ]);
  for (const code of ['E_USAGE', 'E_TARGET_UNKNOWN'] as const)
    await expect(failing(code)()).rejects.toMatchObject({ code });
});
