import { afterAll, beforeAll, expect, it } from 'vitest';
import { KINDS, round } from '../chaos/rounds.js';
import { makeChaosWorld, type ChaosWorld } from '../chaos/world.js';

let world: ChaosWorld;
beforeAll(async () => {
  world = await makeChaosWorld(6);
});
afterAll(async () => await world.remove());

// The short form of `npm run chaos`, always at the same moments.
it.each(KINDS.flatMap((kind) => [0, 1].map((turn) => ({ kind, turn }))))(
  'a run whose $kind is broken is finished by the next one, turn $turn',
  async ({ kind, turn }) => {
    const { told, faults } = await round(world, kind, { turn, moment: { begun: 3, ms: 10 } });
    expect({ told, faults }).toEqual({ told, faults: [] });
  },
);
