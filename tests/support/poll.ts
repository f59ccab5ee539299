import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

/** Asks again and again until the answer is not undefined; fails when the deadline passes. */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(PAUSE_MS);
  }
}
