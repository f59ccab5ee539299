import { expect, it } from 'vitest';
import { createFleetProgress } from '../../../src/cli/fleet-progress.js';

it.each([
  [1, '1 department'],
  [2, '2 departments'],
])('tells of %i: %s', (targets, text) => {
  const progress = createFleetProgress();
  const start = { type: 'fleet-start', runId: 'r', server: 'here', targets, concurrency: 4 } as const;
  expect(progress.note(start, 0)).toBe(`run r: ${text} in here, 4 at a time`);
  expect(progress.note({ type: 'wave', name: 'canary', targets }, 0)).toBe(`wave canary: ${text}`);
  expect(progress.line(1000)).toBe(`0 of ${text}, 0.0 a second`);
});
