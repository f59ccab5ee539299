import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ROOT, readText } from '../packs/files.js';

/** One SQL file of templates/, for one version of the server. */
export interface SqlFile {
  /** File name without its ending. */
  readonly name: string;
  /** Values of the `-- key: value` lines at its head. */
  readonly head: Readonly<Record<string, string>>;
  readonly sql: string;
}

/**
 * Reads templates/<folder>/*.sql, in alphabetical order. `15+` in a comment counts on servers from version 15 on.
 * @param serverVersion server_version_num.
 */
export async function readSqlFiles(folder: string, serverVersion: number): Promise<SqlFile[]> {
  const dir = path.join(ROOT, 'templates', folder);
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).sort();
  return files.map((file) => {
    const text = readText(path.join(dir, file));
    return { name: file.replace(/\.sql$/, ''), head: readHead(text), sql: forVersion(text, serverVersion) };
  });
}

/** The text for one version of the server. */
export const forVersion = (text: string, serverVersion: number): string =>
  text.replaceAll(/\/\*(\d+)\+ ([^]*?)\*\//g, (_all, major: string, sql: string) =>
    serverVersion >= Number(major) * 10_000 ? sql : '',
  );

function readHead(text: string): Record<string, string> {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const pairs = lines.slice(0, end).flatMap((line) => {
    const [, key, value] = /^-- ([a-z-]+): (.*)$/.exec(line) ?? [];
    return key !== undefined && value !== undefined ? [[key, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}
