// Installs what only tests need and what is large: PostgreSQL 14 to 17 (tests/support/servers; 18 comes with the root
// package) and Prisma (tests/support/prisma). Does nothing when that has been done since the lock file last changed.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Prisma's own scripts load engines from the internet, which nothing here runs.
install('servers', []);
install('prisma', ['--ignore-scripts']);

/**
 * @param {string} name
 * @param {string[]} more
 */
function install(name, more) {
  const folder = fileURLToPath(new URL(`../tests/support/${name}/`, import.meta.url));
  // npm writes this file at the end of an install: its age is that of a complete one.
  const installed = changedAt(path.join(folder, 'node_modules/.package-lock.json'));
  const locked = changedAt(path.join(folder, 'package-lock.json'));
  if (installed !== undefined && locked !== undefined && installed >= locked) return;
  const args = ['ci', '--no-audit', '--no-fund', ...more];
  const options = /** @type {const} */ ({ cwd: folder, stdio: 'inherit' });
  // Started by npm, the very same npm is used; otherwise the one on the path (npm.cmd on Windows wants a shell).
  const npm = process.env['npm_execpath'];
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (run.error) console.error(`npm could not be run: ${run.error.message}`);
  if (run.status !== 0) process.exitCode = run.status ?? 1;
}

/** @param {string} file */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
