/* eslint-disable no-console -- a program for the terminal */
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../support/database.js';
import { startOwnServer } from '../support/postgres.js';
import { loadAccepted, weigh, type Accepted } from './accepted.js';
import { JUDGES, MissingJudge, type JudgeName, type Verdict, type World } from './model.js';
import { judgeWithPgtap } from './pgtap.js';
import { judgeWithSplinter } from './splinter.js';
import { judgeWithSquawk } from './squawk.js';
import { buildWorld } from './world.js';

const USAGE = `npm run judges [-- options]
  --without JUDGE  leaves out ${JUDGES.join(', ')}; may be given more than once
  --verbose        also the objections that are accepted (docs/judges.md says why)`;

/** pgTAP comes before splinter, which plants faults in the database. */
const JUDGE: Readonly<Record<JudgeName, (world: World) => Promise<Verdict>>> = {
  pgtap: judgeWithPgtap,
  squawk: judgeWithSquawk,
  splinter: judgeWithSplinter,
};

const { values } = parseArgs({
  options: {
    without: { type: 'string', multiple: true, default: [] },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const unknown = values.without.filter((name) => !JUDGES.some((judge) => judge === name));
  if (unknown.length > 0) throw new Error(`no such judge: ${unknown.join(', ')}\n${USAGE}`);
  const accepted = await loadAccepted();
  const server = await startOwnServer(18);
  try {
    const world = await buildWorld(await createTestDatabase(server, 'judges'));
    let faults = 0;
    for (const [name, judge] of Object.entries(JUDGE)) {
      if (values.without.includes(name)) console.log(`- ${name}: left out, as you said`);
      else faults += await hear(judge, world, accepted);
    }
    return faults === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** Prints what a judge says and answers how many faults that makes. */
async function hear(
  judge: (world: World) => Promise<Verdict>,
  world: World,
  accepted: readonly Accepted[],
): Promise<number> {
  try {
    const verdict = await judge(world);
    const { open, stale } = weigh(verdict, accepted);
    const faults = [
      ...open.map(tell),
      ...verdict.blindTo.map((control) => `did not see ${control}: its silence proves nothing`),
      ...stale.map((entry) => `tests/judges/accepted.yaml accepts what it does not object to: ${entry}`),
    ];
    const known = verdict.objections.length - open.length;
    console.log(
      `${faults.length === 0 ? '✓' : '✗'} ${verdict.scope}: ${open.length} objections, ${known} accepted`,
    );
    for (const [rule, count] of countRules(verdict)) console.log(`    ${count} ${rule}`);
    if (values.verbose) for (const objection of verdict.objections) console.log(`    ${tell(objection)}`);
    for (const fault of faults) console.log(`  ✗ ${fault}`);
    return faults.length;
  } catch (error) {
    if (!(error instanceof MissingJudge)) throw error;
    console.log(`✗ ${error.message}`);
    return 1;
  }
}

const tell = ({ rule, object, message }: Verdict['objections'][number]): string =>
  `${rule} ${object}: ${message}`;

function countRules({ objections }: Verdict): [string, number][] {
  const counts = new Map<string, number>();
  for (const { rule } of objections) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

if (values.help) console.log(USAGE);
else process.exitCode = await main();
