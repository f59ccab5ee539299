import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_PORT, isSocketDir } from './database.js';
import type { Environment } from './levels.js';

// node-pg looks the file up itself, but reads process.env for it and prints a deprecation warning (gone in pg 9)

/** What a line of the password file is compared with. */
export interface PasswordQuery {
  readonly host: string;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly user?: string | undefined;
}

/** The folders for which libpq also tries lines for "localhost". */
const DEFAULT_SOCKET_DIRS = new Set(['/tmp', '/var/run/postgresql', '/run/postgresql']);

/** Where libpq looks for passwords: PGPASSFILE, else ~/.pgpass (on Windows below APPDATA). Undefined without a home. */
export function passwordFile(env: Environment): string | undefined {
  if (env['PGPASSFILE']) return env['PGPASSFILE'];
  if (process.platform === 'win32') {
    return env['APPDATA'] ? join(env['APPDATA'], 'postgresql', 'pgpass.conf') : undefined;
  }
  return env['HOME'] ? join(env['HOME'], '.pgpass') : undefined;
}

/** The five fields of a line; a backslash escapes ":" and itself. The password is the rest, colons included. */
function splitLine(line: string): string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    const last = fields.length - 1;
    if (character === '\\' && at + 1 < line.length) {
      at += 1;
      fields[last] = `${fields[last] ?? ''}${line.charAt(at)}`;
    } else if (character === ':' && fields.length < 5) {
      fields.push('');
    } else {
      fields[last] = `${fields[last] ?? ''}${character}`;
    }
  }
  return fields;
}

/** The password of the first line of a password file (host:port:database:user:password, * matches all) that fits. */
export function matchPassword(content: string, query: PasswordQuery): string | undefined {
  const hosts = new Set([query.host]);
  if (isSocketDir(query.host) && DEFAULT_SOCKET_DIRS.has(query.host)) hosts.add('localhost');
  for (const line of content.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const [host = '', port, name, user, password] = splitLine(line);
    if (password === undefined || password === '') continue;
    const fits =
      (host === '*' || hosts.has(host)) &&
      (port === '*' || port === String(query.port ?? DEFAULT_PORT)) &&
      (name === '*' || name === query.name) &&
      (user === '*' || user === query.user);
    if (fits) return password;
  }
  return undefined;
}

/**
 * Looks the password up as libpq does. A file that others may read is not used (a warning says so); a missing one
 * is no error.
 */
export async function findPassword(
  file: string,
  query: PasswordQuery,
): Promise<{ readonly password?: string; readonly warning?: string }> {
  let content: string;
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return {};
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      return { warning: `the password file ${file} is not used: others may read it (chmod 0600)` };
    }
    content = await readFile(file, 'utf8');
  } catch {
    // like libpq: without a readable file there is no password to be found
    return {};
  }
  const password = matchPassword(content, query);
  return password === undefined ? {} : { password };
}
