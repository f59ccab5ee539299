/** How {@link inTurns} works. */
export interface Turns<T, Worker> {
  /** Items that are worked on at the same time, each by a worker of its own. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  /** Makes a worker and gives it up when `use` ends. Called only when there is an item for it. */
  readonly withWorker: (use: (worker: Worker) => Promise<void>) => Promise<void>;
  /** `turn` is over when all items before are done; it throws when one of them has failed. */
  readonly work: (worker: Worker, item: T, turn: () => Promise<void>) => Promise<void>;
}

interface Place<T> {
  readonly item: T;
  readonly before: Promise<void>;
  readonly leave: () => void;
}

/**
 * Works on items with several workers, and lets each end what it does in the order of the items. What has waited for its
 * turn when another fails never gets it.
 * @throws the first failure, of the items or of a worker, after all workers have been given up.
 */
export async function inTurns<T, Worker>(items: AsyncIterable<T>, turns: Turns<T, Worker>): Promise<void> {
  const places = placesOf(items);
  const failures: unknown[] = [];
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error('something before it has failed'));
  });
  // Whoever waits hears of it; nobody has to.
  stopped.catch(() => undefined);
  const next = async (): Promise<IteratorResult<Place<T>>> => Promise.race([places.next(), stopped]);
  const workAll = async (): Promise<void> => {
    const first = await next();
    if (first.done === true) return;
    await turns.withWorker(async (worker) => {
      for (let got: IteratorResult<Place<T>> = first; got.done !== true; got = await next()) {
        const { item, before, leave } = got.value;
        await turns.work(worker, item, async () => Promise.race([before, stopped]));
        leave();
      }
    });
  };
  turns.signal?.addEventListener('abort', stop, { once: true });
  await Promise.all(
    Array.from({ length: turns.concurrency }, async () =>
      workAll().catch((failure: unknown) => {
        failures.push(failure);
        stop();
      }),
    ),
  );
  turns.signal?.removeEventListener('abort', stop);
  // Not awaited: what is read from may be waiting for its next byte.
  places.return(undefined).catch(() => undefined);
  if (failures.length > 0) throw failures[0];
}

async function* placesOf<T>(items: AsyncIterable<T>): AsyncGenerator<Place<T>, undefined> {
  let before = Promise.resolve();
  for await (const item of items) {
    let leave = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      leave = resolve;
    });
    yield { item, before, leave };
    before = done;
  }
}
