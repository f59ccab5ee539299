// Runs the built CLI and the unit and cli tests on other majors of Node, which npm's "node" package brings.
// Usage: node scripts/test-node-versions.mjs [22 24 …]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const steps = [
  'node --version',
  'node bin/fedgen.js demo',
  'node node_modules/vitest/vitest.mjs run --project unit --project cli',
];

for (const major of majors) {
  // engine-strict must not stand in the way: the engines field allows newer majors, npm itself may complain of them.
  const { status } = spawnSync('npx', ['--yes', '--package', `node@${major}`, '--call', steps.join(' && ')], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`Node ${major}: failed`);
    process.exit(1);
  }
  console.log(`Node ${major}: passed`);
}
