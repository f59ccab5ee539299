// Brings the peers of `npm run bench:peers`: those of npm into bench/peers, psql and sqitch from the system's package archive.
// What cannot be had is said here, and named in bench/results.md.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installNested } from './install-nested.mjs';

const folder = fileURLToPath(new URL('../bench/peers/', import.meta.url));
if (installNested(folder) !== 0) console.error('npm ci in bench/peers failed: the peers of npm are missing');

/** Programs, and the Debian packages that bring them. */
const PROGRAMS = { psql: ['postgresql-client'], sqitch: ['sqitch', 'libdbd-pg-perl'], xargs: ['findutils'] };
for (const [program, packages] of Object.entries(PROGRAMS)) {
  const isThere = () => spawnSync(program, ['--version']).status === 0;
  if (isThere()) continue;
  const names = packages.join(' ');
  if (process.getuid?.() !== 0) {
    console.error(`${program} is missing; on Debian and Ubuntu: sudo apt-get install ${names}`);
    continue;
  }
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'ignore',
    });
  if (install().status !== 0) {
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    install();
  }
  if (!isThere()) console.error(`${program} is missing: apt-get install ${names} failed`);
}
