// For CI's shared machines: runs the test files again, alone, that failed in a run of `npm test`, and names them. A failure
// that repeats itself fails; one that does not is a test to be mended, and says so in the log.
// Usage: rerun-failed.mjs REPORT, a report of Vitest's reporter "json".
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = testResults
  .filter(({ status }) => status === 'failed')
  .map(({ name }) => path.relative(process.cwd(), name));
// An error outside of every test belongs to no file that failed, so nothing less than all tests tells whether it repeats itself.
console.log(`\nFailed, and run again: ${failed.join(', ') || 'all, for an error outside of the tests'}`);
const { status } = spawnSync('npx', ['vitest', 'run', ...failed], { stdio: 'inherit' });
if (status === 0)
  console.log(`\nFLAKY, to be mended: ${failed.join(', ') || 'an error outside of the tests'}`);
process.exitCode = status ?? 1;
