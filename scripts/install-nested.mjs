import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';

/**
 * Installs what the lock file of a nested package names; does nothing when that has been done since the lock file last
 * changed. Answers npm's exit code.
 * @param {string} folder
 * @param {string[]} more options of npm ci
 */
export function installNested(folder, more = []) {
  /** @param {string} name */
  const changedAt = (name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
  // npm writes this file at the end of an install: its age is that of a complete one.
  const installed = changedAt('node_modules/.package-lock.json');
  const locked = changedAt('package-lock.json');
  if (installed !== undefined && locked !== undefined && installed >= locked) return 0;

  return runNpm(['ci', '--no-audit', '--no-fund', ...more], folder);
}

/**
 * Runs npm in a folder and answers its exit code.
 * @param {string[]} args
 * @param {string} folder
 */
export function runNpm(args, folder) {
  const options = /** @type {const} */ ({ cwd: folder, stdio: 'inherit' });
  // Started by npm, the very same npm is used; otherwise the one on the path (npm.cmd on Windows wants a shell).
  const npm = process.env['npm_execpath'];
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (run.error) console.error(`npm could not be run: ${run.error.message}`);
  return run.status ?? 1;
}
