// Installs PostgreSQL 14 to 17 for the tests (tests/support/servers); 18 comes with the root package.
// Does nothing when that has been done since the lock file last changed.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../tests/support/servers/', import.meta.url));

/** @param {string} name */
function changedAt(name) {
  return statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
}

// npm writes this file at the end of an install: its age is that of a complete one.
const installed = changedAt('node_modules/.package-lock.json');
const locked = changedAt('package-lock.json');
if (installed === undefined || locked === undefined || installed < locked) {
  const args = ['ci', '--no-audit', '--no-fund'];
  const options = /** @type {const} */ ({ cwd: folder, stdio: 'inherit' });
  // Started by npm, the very same npm is used; otherwise the one on the path (npm.cmd on Windows wants a shell).
  const npm = process.env['npm_execpath'];
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (run.error) console.error(`npm could not be run: ${run.error.message}`);
  process.exitCode = run.status ?? 1;
}
