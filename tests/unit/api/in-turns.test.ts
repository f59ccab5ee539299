import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inTurns, type Turns } from '../../../src/api/in-turns.js';

/** Works on 0 … items - 1, the later ones faster than the earlier; tells what happened in its order. */
async function work(
  items: number | AsyncIterable<number>,
  options: Partial<Turns<number, number>> & { readonly failing?: number } = {},
): Promise<{ begun: number[]; ended: number[]; workers: number; failure: unknown }> {
  const done = { begun: [] as number[], ended: [] as number[], workers: 0, open: 0 };
  const failure = await inTurns<number, number>(typeof items === 'number' ? upTo(items) : items, {
    concurrency: 3,
    signal: undefined,
    withWorker: async (use) => {
      done.workers += 1;
      done.open += 1;
      await use(done.workers).finally(() => (done.open -= 1));
    },
    work: async (_worker, item, turn) => {
      done.begun.push(item);
      await sleep(item % 3 === 0 ? 20 : 0);
      if (item === options.failing) throw new Error(`failed at ${item}`);
      await turn();
      done.ended.push(item);
    },
    ...options,
  }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(done.open).toBe(0);
  return { ...done, failure };
}

async function* upTo(items: number): AsyncGenerator<number> {
  for (let item = 0; item < items; item += 1) {
    await sleep(0);
    yield item;
  }
}

describe('work in turns', () => {
  it('goes on at the same time, and ends in order', async () => {
    const { begun, ended, workers, failure } = await work(12);
    expect(failure).toBeUndefined();
    expect(begun.slice(0, 3)).toEqual([0, 1, 2]);
    expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(workers).toBe(3);
  });

  it('makes no worker without an item for it', async () => {
    expect(await work(1)).toMatchObject({ ended: [0], workers: 1 });
    expect(await work(0)).toMatchObject({ ended: [], workers: 0 });
  });

  it('ends nothing behind a failure, and throws that failure', async () => {
    const { begun, ended, failure } = await work(12, { failing: 3 });
    expect(failure).toEqual(new Error('failed at 3'));
    expect(ended).toEqual([0, 1, 2]);
    expect(begun).toContain(5);
    expect(begun).not.toContain(6);
  });

  it('fails where a worker cannot be made, or the items fail', async () => {
    const withWorker = async (): Promise<void> => Promise.reject(new Error('no connection'));
    expect((await work(5, { withWorker })).failure).toEqual(new Error('no connection'));
    async function* broken(): AsyncGenerator<number> {
      yield 0;
      yield await Promise.reject(new Error('cannot read'));
    }
    expect(await work(broken())).toMatchObject({ ended: [0], failure: new Error('cannot read') });
  });

  it('does not wait for an item that does not come, when it is stopped or another has failed', async () => {
    async function* stuck(): AsyncGenerator<number> {
      yield 0;
      await new Promise(() => undefined);
    }
    const stop = new AbortController();
    const stopped = work(stuck(), { signal: stop.signal });
    await sleep(50);
    stop.abort();
    expect(await stopped).toMatchObject({ ended: [0], failure: expect.any(Error) as Error });
    expect(await work(stuck(), { failing: 0 })).toMatchObject({ failure: new Error('failed at 0') });
  });
});
