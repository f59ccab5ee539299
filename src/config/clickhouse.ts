import { configInvalid } from './problems.js';
import type { RawSettings } from './schema.js';
import { Secret } from './secret.js';

/** A ClickHouse server, as its HTTP interface is reached. */
export interface ClickHouseSettings {
  /** http(s)://host:port, without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: Secret;
}

const DEFAULT_USER = 'default';

/**
 * Reads `http(s)://user:password@host:port`.
 * @returns what is wrong with it, for a text that is no such URL; never with the text itself.
 */
export function parseClickHouseUrl(text: string): ClickHouseSettings | { readonly problem: string } {
  if (!URL.canParse(text)) return { problem: 'is no URL: write http://user:password@host:8123' };
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { problem: `speaks HTTP, not ${url.protocol.replace(':', '')}: write http:// or https://` };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return { problem: 'names a server and nothing else: leave out what follows the port' };
  try {
    const user = decodeURIComponent(url.username) || DEFAULT_USER;
    const password = new Secret(decodeURIComponent(url.password));
    return { url: url.origin, user, password };
  } catch {
    return { problem: 'holds a % that begins no escape: write it as %25' };
  }
}

/** A level of the configuration, as far as this is concerned. */
interface Level {
  readonly settings: Pick<RawSettings, 'clickhouse'>;
  readonly label: (path: string) => string;
}

/**
 * The server that the highest level names.
 * @param levels lowest first.
 * @throws FedgenError E_CONFIG_INVALID for what is no URL of one.
 */
export function resolveClickHouse(levels: readonly Level[]): ClickHouseSettings | undefined {
  const named = levels.findLast(({ settings }) => settings.clickhouse !== undefined);
  const given = named?.settings.clickhouse;
  if (named === undefined || given === undefined) return undefined;
  const fields = typeof given === 'string' ? { url: given } : given;
  const parsed = parseClickHouseUrl(fields.url);
  if ('problem' in parsed)
    throw configInvalid([{ source: named.label('clickhouse'), path: 'clickhouse', message: parsed.problem }]);
  return {
    ...parsed,
    ...('user' in fields && fields.user !== undefined && { user: fields.user }),
    ...('password' in fields && fields.password !== undefined && { password: new Secret(fields.password) }),
  };
}
