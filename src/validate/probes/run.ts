import type { Session } from '../../db/session.js';
import { throwIfAborted } from '../../db/session.js';
import { quoteLiteral } from '../../render/quote.js';

/** One statement that somebody tries; whatever it does is taken back at once. */
export interface Act {
  /** Statements that become the actor and set its context; they must not fail. */
  readonly as: string;
  readonly sql: string;
  /** `rows`: the statement returns one number. `change`: the number of changed rows counts. `text`: it returns one text. */
  readonly counts: 'rows' | 'change' | 'text';
  /** Statements of the actor before it, whose errors do not matter. */
  readonly before?: readonly string[];
  /** A query, run from outside before and after, whose one value must stay the same. */
  readonly watch?: string | undefined;
}

/** What the server answered. */
export interface Answer {
  /** `00000` when the statement was carried out. */
  readonly state: string;
  readonly message: string;
  /** Message, detail, hint and context of the error: whatever the actor hears. */
  readonly said: string;
  /** Rows seen or changed; 0 when it was refused. */
  readonly rows: number;
  readonly text: string;
  /** Whether the watched value changed; false where nothing was watched. */
  readonly changed: boolean;
}

export const DONE = '00000';
/** Raised inside a block to take back what was done in it. */
const UNDO = 'FG000';
/** Acts per round trip: enough to make the round trip cheap, few enough to bound the size of the message. */
const BATCH = 500;
const CANCELED = '57014';

/**
 * Lets roles try statements, each in a block of its own, few round trips in all. Runs inside the caller's transaction
 * and leaves it as it was, whatever the statements do. Starts and ends as the connecting role.
 * @param outside statements that become whoever looks from outside.
 * @param back statement that becomes the connecting role again.
 */
export async function runActs(
  session: Session,
  acts: readonly Act[],
  outside: string,
  back: string,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < acts.length) {
    const batch = acts.slice(answers.length, answers.length + BATCH);
    // An attempt that ran into the time-out ends its batch: the time counts for the whole block.
    answers.push(...(await runBatch(session, batch, outside, back)));
    throwIfAborted(session.signal);
  }
  return answers;
}

type RawAnswer = readonly [
  state: string,
  rows: number,
  text: string,
  message: string,
  more: string,
  changed: boolean,
];

async function runBatch(
  session: Session,
  acts: readonly Act[],
  outside: string,
  back: string,
): Promise<Answer[]> {
  const watches = [...new Set(acts.flatMap((act) => act.watch ?? []))];
  const list = acts.map(({ watch, ...act }) => ({
    ...act,
    ...(watch !== undefined && { watch: watches.indexOf(watch) + 1 }),
  }));
  const given = { acts: JSON.stringify(list), watches: JSON.stringify(watches) };
  const answers = await collectAnswers<RawAnswer>(session, runnerBlock(outside, back), given);
  return answers.map(([state, rows, text, message, more, changed]) => {
    return { state, rows, text, message, said: `${message} ${more}`, changed };
  });
}

/**
 * Runs a DO block that leaves a JSON array in the setting `fedgen.answers`.
 * @param given JSON that the block finds in settings of these names after `fedgen.`: as literals of the block's text it
 *   would be quoted twice over and read as often.
 */
export async function collectAnswers<T>(
  session: Session,
  block: string,
  given: Readonly<Record<string, string>>,
): Promise<T[]> {
  const settings = Object.keys(given).map(
    (name, n) => `pg_catalog.set_config('fedgen.${name}', $${n + 1}, true)`,
  );
  // From within, for else everything that is set would come back.
  await session.client.query(`select from (select ${settings.join(', ')}) given`, Object.values(given));
  await session.client.query(`do ${quoteLiteral(block)}`);
  const { rows } = await session.client.query<{ answers: T[] }>(
    `select pg_catalog.current_setting('fedgen.answers')::jsonb as answers`,
  );
  return rows[0]?.answers ?? [];
}

/** What {@link collectAnswers} was given. */
export const givenJson = (name: string): string => `pg_catalog.current_setting('fedgen.${name}')::jsonb`;

const runnerBlock = (outside: string, back: string): string => `
declare
  act jsonb; step text; watches text[]; before text[] := '{}'; one text;
  state text; said text; more text; detail text; hint text; context text; touched bigint; told text; changed boolean;
  answers text[] := '{}';
begin
  select coalesce(pg_catalog.array_agg(value order by ordinality), '{}') into watches
    from pg_catalog.jsonb_array_elements_text(${givenJson('watches')}) with ordinality;
  execute ${quoteLiteral(outside)};
  foreach step in array watches loop
    execute step into one;
    before := pg_catalog.array_append(before, coalesce(one, ''));
  end loop;
  for act in select value from pg_catalog.jsonb_array_elements(${givenJson('acts')}) loop
    ${tryOne(outside)}
    answers := pg_catalog.array_append(answers, pg_catalog.jsonb_build_array(state, coalesce(touched, 0), coalesce(told, ''), said, more, changed)::text);
    exit when state = '${CANCELED}';
  end loop;
  execute ${quoteLiteral(back)};
  perform pg_catalog.set_config('fedgen.answers', '[' || pg_catalog.array_to_string(answers, ',') || ']', true);
end`;

/** Two blocks: the inner one keeps the error of the statement, the outer one takes everything back, the role too. */
const tryOne = (outside: string): string => `
    state := '${DONE}'; said := ''; more := ''; touched := 0; told := ''; changed := false;
    begin
      execute act->>'as';
      for step in select value from pg_catalog.jsonb_array_elements_text(act->'before') loop
        begin
          execute step;
        exception when others then null;
        end;
      end loop;
      begin
        if act->>'counts' = 'rows' then
          execute act->>'sql' into touched;
        elsif act->>'counts' = 'text' then
          execute act->>'sql' into told;
        else
          execute act->>'sql';
          get diagnostics touched = row_count;
        end if;
      exception when others or query_canceled then
        get stacked diagnostics state = returned_sqlstate, said = message_text, detail = pg_exception_detail,
          hint = pg_exception_hint, context = pg_exception_context;
        more := pg_catalog.concat_ws(' ', detail, hint, context);
        touched := 0; told := '';
      end;
      if state = '${DONE}' and act ? 'watch' then
        execute ${quoteLiteral(outside)};
        execute watches[(act->>'watch')::integer] into one;
        changed := coalesce(one, '') <> before[(act->>'watch')::integer];
      end if;
      raise exception using errcode = '${UNDO}';
    exception when sqlstate '${UNDO}' then null;
    end;`;

/** Hears every notice that the server sends while `use` runs, and keeps it from the caller's listeners. */
export async function withNotices<T>(
  session: Session,
  use: () => Promise<T>,
): Promise<{ readonly result: T; readonly notices: readonly string[] }> {
  const { client } = session;
  const others = client.listeners('notice') as ((notice: unknown) => void)[];
  const notices: string[] = [];
  const hear = (notice: { message?: string | undefined; detail?: string | undefined }): void => {
    notices.push(`${notice.message ?? ''} ${notice.detail ?? ''}`);
  };
  client.removeAllListeners('notice');
  client.on('notice', hear);
  try {
    return { result: await use(), notices };
  } finally {
    client.removeListener('notice', hear);
    for (const other of others) client.on('notice', other);
  }
}
