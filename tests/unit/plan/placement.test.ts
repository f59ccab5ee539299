import { describe, expect, it } from 'vitest';
import { createWaveGates, placeOf } from '../../../src/plan/placement.js';

const PLACES = [
  { name: 'north', departments: ['hr', 'n_*'] },
  { name: 'rest', departments: ['*'] },
];

describe('placeOf', () => {
  it.each([
    ['hr', 'north'],
    ['n_1', 'north'],
    ['legal', 'rest'],
  ])('%s belongs to %s', (id, name) => expect(placeOf(PLACES, id)?.name).toBe(name));

  it('knows of departments that belong nowhere', () => {
    expect(placeOf(PLACES.slice(0, 1), 'legal')).toBeUndefined();
  });
});

describe('createWaveGates', () => {
  it('lets a wave begin when every database is done with those before it', async () => {
    const [a, b, c] = createWaveGates(['canary', 'small'], 3);
    const order: string[] = [];
    const enter = async (gate: typeof a, wave: string): Promise<void> => {
      order.push(`${wave || 'rest'} ${String(await gate?.enter(wave))}`);
    };
    const first = enter(a, 'canary');
    const second = enter(b, '');
    await Promise.resolve();
    expect(order).toEqual([]);
    c?.leave();
    await first;
    expect(order).toEqual(['canary true']);
    await enter(a, 'small');
    expect(order).toEqual(['canary true', 'small true']);
    a?.leave();
    await second;
    expect(order).toEqual(['canary true', 'small true', 'rest true']);
  });

  it('lets none begin after a wave with a failure; that wave goes on elsewhere', async () => {
    const [a, b] = createWaveGates(['canary'], 2);
    const inCanary = a?.enter('canary');
    expect(await b?.enter('canary')).toBe(true);
    expect(await inCanary).toBe(true);
    a?.fail();
    const last = a?.enter('');
    b?.leave();
    expect(await last).toBe(false);
  });
});
