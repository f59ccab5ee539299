// Brings the judges of `npm run judges` into tests/judges/tools: squawk and Supabase's lints from npm, pgTAP from the
// system's package archive. What cannot be had is said here, and makes the run fail there.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNested } from './install-nested.mjs';

const folder = fileURLToPath(new URL('../tests/judges/tools/', import.meta.url));
const pgtap = path.join(folder, 'node_modules/pgtap.sql');

if (installNested(folder) !== 0)
  console.error('npm ci in tests/judges/tools failed: squawk and splinter are missing');
if (!existsSync(pgtap)) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'pgtap-'));
  try {
    fetchPgtap(scratch);
  } catch (error) {
    console.error(`pgTAP is missing: ${error instanceof Error ? error.message : error}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The Debian package is unpacked, not installed: its SQL file is all that is wanted, and installing it would bring a server.
 * apt checks its signature.
 * @param {string} scratch
 */
function fetchPgtap(scratch) {
  const name = findPackage() ?? (process.getuid?.() === 0 && refreshLists() ? findPackage() : undefined);
  if (name === undefined) {
    throw new Error(
      'apt knows no package postgresql-<n>-pgtap (on Debian and Ubuntu: "apt-get update" as root)',
    );
  }
  run('apt-get', ['download', '-qq', name], scratch);
  const archive = readdirSync(scratch).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get did not download ${name}`);
  run('dpkg-deb', ['-x', archive, 'unpacked'], scratch);
  const major = /\d+/.exec(name)?.[0];
  keep(path.join(scratch, `unpacked/usr/share/postgresql/${major}/extension/pgtap.sql`));
}

/** The newest of them. */
function findPackage() {
  const names = run('apt-cache', ['search', '--names-only', '^postgresql-[0-9]+-pgtap$'], folder);
  return names
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '')
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
}

function refreshLists() {
  run('apt-get', ['update', '-qq'], folder);
  return true;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw new Error(`${command} could not be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

/** @param {string} file */
function keep(file) {
  // Across file systems a rename is refused; and a copy that was broken off must not look like the whole file.
  const near = `${pgtap}.part`;
  copyFileSync(file, near);
  renameSync(near, pgtap);
}
