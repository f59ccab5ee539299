import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `question` again and again until it answers something else than undefined, or until the limit: then undefined.
 * Rejects with the signal's reason when that fires.
 */
export async function poll<T>(
  question: () => Promise<T | undefined> | T | undefined,
  options: { readonly limitMs: number; readonly everyMs?: number; readonly signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const end = performance.now() + options.limitMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await question();
    if (answer !== undefined || performance.now() > end) return answer;
    await delay(options.everyMs ?? 10, undefined, options.signal ? { signal: options.signal } : {});
  }
}
