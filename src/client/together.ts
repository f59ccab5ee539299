import type { Connection, PoolClient, Submittable } from 'pg';

/** A statement whose values are texts. */
export interface Step {
  readonly text: string;
  readonly values?: readonly (string | null)[];
}

/** What a step answered: its first row as texts, and its command tag (`COMMIT`, `SELECT 1`). */
export interface Answer {
  readonly row: readonly (string | null)[];
  readonly tag: string;
}

/**
 * Runs statements in one round trip, each with its parameters apart from its text: all are sent at once, with one Sync
 * behind them, so that the first error skips the rest. As pg-cursor does, it hands pg a query of its own. Clients that
 * do not take one (pg's pipeline mode, pg-native) get the statements one by one.
 * @throws what pg throws for the first that fails.
 */
export function together(client: PoolClient, steps: readonly Step[]): Promise<Answer[]> {
  const takesOurs = Reflect.has(client, 'connection') && !Reflect.get(client, 'pipeline');
  return takesOurs ? atOnce(client, steps) : oneByOne(client, steps);
}

async function oneByOne(client: PoolClient, steps: readonly Step[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { text, values } of steps) {
    const query = { text, values: [...(values ?? [])], rowMode: 'array' as const };
    const result = await client.query<(string | null)[]>(query);
    answers.push({ row: result.rows[0] ?? [], tag: result.command });
  }
  return answers;
}

function atOnce(client: PoolClient, steps: readonly Step[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let row: readonly (string | null)[] | undefined;
    // What pg's client calls on a query; the fields are those of pg-protocol's messages.
    const query: Submittable & Record<string, unknown> = {
      submit: (connection: Connection) => send(connection, steps),
      callback: () => undefined,
      handleRowDescription: () => undefined,
      handleDataRow: (message: { fields: (string | null)[] }) => (row ??= message.fields),
      handleCommandComplete: ({ text }: { text: string }) => {
        answers.push({ row: row ?? [], tag: text });
        row = undefined;
      },
      handleEmptyQuery: () => undefined,
      handlePortalSuspended: () => undefined,
      handleError: reject,
      handleReadyForQuery: () => resolve(answers),
    };
    client.query(query);
  });
}

function send(connection: Connection, steps: readonly Step[]): void {
  connection.stream.cork();
  try {
    for (const { text, values } of steps) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: [...(values ?? [])] }, true);
      connection.execute({}, true);
    }
    connection.sync();
  } finally {
    connection.stream.uncork();
  }
}
