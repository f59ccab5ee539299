import { parseSql, type Statement } from '../render/sql.js';
import { pick } from '../render/sql-nodes.js';

/** SQL whose statements share the time that they may wait for locks. */
export interface SharedWait {
  readonly sql: string;
  /** How many characters were put in before a place in `sql`; both count from 0 and in code points, as the server does. */
  readonly addedBefore: (place: number) => number;
}

/** The SQL as it is. */
export const unshared = (sql: string): SharedWait => ({ sql, addedBefore: () => 0 });

/** Part of the time that a statement has even where those before it used all of it: most transactions end within. */
const LEAST_PART = 0.1;

/**
 * A transaction keeps the locks that it has while it waits for more, and whoever wants them waits as long. So each
 * statement but the first waits only as long as is left of `waitMs` since the transaction began. SQL that sets
 * lock_timeout itself is left as it is.
 * @param waitMs 0 = for ever.
 */
export function shareWait(sql: string, waitMs: number): SharedWait {
  const statements = parseSql(sql);
  const starts = statements.slice(1).map(({ start }) => start);
  const [first] = starts;
  if (first === undefined || waitMs === 0 || statements.some(setsLockTimeout)) return unshared(sql);
  const added = leaveRest(waitMs);
  const parts = starts.map((start, index) => added + sql.slice(start, starts[index + 1]));
  const places = starts.map((start, index) => countPoints(sql.slice(0, start)) + index * added.length);
  return {
    sql: sql.slice(0, first) + parts.join(''),
    addedBefore: (place) => places.filter((at) => at <= place).length * added.length,
  };
}

const setsLockTimeout = ({ node }: Statement): boolean =>
  pick(node, 'VariableSetStmt')?.name === 'lock_timeout';

const countPoints = (text: string): number => Array.from(text).length;

/** ASCII, so that its length is the same in whatever is counted. */
function leaveRest(waitMs: number): string {
  const used = '(extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000)::integer';
  const least = Math.ceil(waitMs * LEAST_PART);
  return `select set_config('lock_timeout', greatest(${least}, ${waitMs} - ${used})::text, true);\n`;
}
