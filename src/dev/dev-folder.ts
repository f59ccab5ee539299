import path from 'node:path';
import type { Environment } from './program.js';

/** What the default place of the development server depends on; all of it is the caller's to look up. */
export interface DevFolderFacts {
  readonly env: Environment;
  /** The user's home folder (os.homedir()). */
  readonly home: string;
  readonly isRoot: boolean;
  /** As in process.platform. */
  readonly platform: string;
}

/**
 * Where the development server of `fedgen dev` lives unless a folder is named. Root's is in /var/lib, since the server
 * runs as another user, to whom /root is closed.
 */
export function defaultDevFolder({ env, home, isRoot, platform }: DevFolderFacts): string {
  if (platform === 'win32') {
    const { win32 } = path;
    return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'fedgen', 'dev');
  }
  const { posix } = path;
  if (isRoot) return '/var/lib/fedgen/dev';
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'fedgen', 'dev');
  // The XDG specification: a relative path is to be ignored.
  const named = env['XDG_DATA_HOME'];
  const base = named !== undefined && posix.isAbsolute(named) ? named : posix.join(home, '.local', 'share');
  return posix.join(base, 'fedgen', 'dev');
}
