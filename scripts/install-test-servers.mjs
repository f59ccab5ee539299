// Installs PostgreSQL 14 to 17 for the tests (tests/support/servers); 18 comes with the root package.
import { fileURLToPath } from 'node:url';
import { installNested } from './install-nested.mjs';

process.exitCode = installNested(fileURLToPath(new URL('../tests/support/servers/', import.meta.url)));
