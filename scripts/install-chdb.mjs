// Installs ClickHouse embedded in Node (chdb) into tests/support/chdb, for the tests of packs with engine: clickhouse. It has
// no lock file: registries that carry the library for one platform only make `npm ci` refuse the lock files of chdb, so the
// versions are pinned in its package.json instead, with those below it. About 170 MB to load, 550 MB on disk.
// Does nothing when it is there, or when FEDGEN_TEST_CLICKHOUSE_URL names a real server.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from './install-nested.mjs';

const folder = fileURLToPath(new URL('../tests/support/chdb/', import.meta.url));
const stamp = path.join(folder, 'node_modules/.installed');
const wanted = readFileSync(path.join(folder, 'package.json'), 'utf8');
const isThere = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

if (!isThere && !process.env['FEDGEN_TEST_CLICKHOUSE_URL']) {
  const args = ['install', '--no-package-lock', '--ignore-scripts', '--omit=peer', '--no-audit', '--no-fund'];
  process.exitCode = runNpm(args, folder);
  if (process.exitCode === 0) writeFileSync(stamp, wanted);
}
