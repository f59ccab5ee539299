import { createRequire } from 'node:module';

// Only pg's quoting, not its client: the whole of pg costs 30 ms of start-up that `generate` does not need.
const utils: unknown = createRequire(import.meta.url)('pg/lib/utils.js');

type Quoter = (text: string) => string;

function quoter(name: string): Quoter {
  const candidate: unknown = Reflect.get(Object(utils), name);
  if (!isFunction(candidate)) throw new TypeError(`pg/lib/utils.js has no ${name}`);
  return (text) => String(candidate(text));
}

const isFunction = (value: unknown): value is (argument: string) => unknown => typeof value === 'function';

/** A name as a quoted SQL identifier (pg's own rule). */
export const quoteIdentifier: Quoter = quoter('escapeIdentifier');
/** Text as a quoted SQL literal (pg's own rule). */
export const quoteLiteral: Quoter = quoter('escapeLiteral');
