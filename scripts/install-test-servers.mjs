// Installs what only tests need and what is large: PostgreSQL 14 to 17 (tests/support/servers; 18 comes with the root
// package) and Prisma (tests/support/prisma). Does nothing when that has been done since the lock file last changed.
import { fileURLToPath } from 'node:url';
import { installNested } from './install-nested.mjs';

/** @param {string} name */
const folder = (name) => fileURLToPath(new URL(`../tests/support/${name}/`, import.meta.url));

// Prisma's own scripts load engines from the internet, and its development server asks for Node 22: nothing here runs either.
process.exitCode =
  installNested(folder('servers')) ||
  installNested(folder('prisma'), ['--ignore-scripts', '--engine-strict=false']);
