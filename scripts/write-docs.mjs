// Writes what the code itself can say: the JSON Schemas, docs/cli.md, docs/checks and docs/judges.md. With --check it only compares.
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../dist/config/schema.js';
import { packJsonSchema } from '../dist/packs/schema.js';
import { buildProgram } from '../dist/cli/program.js';
import { checkPages } from './check-pages.mjs';
import { judgePage } from './judge-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const COMMAND_WORDS = allCommands(
  buildProgram({ format: 'text', exitCode: 0 }, new AbortController().signal, {
    signal: new AbortController().signal,
    use: () => undefined,
  }),
);
const isCheck = process.argv.includes('--check');

/** Every command's help as a terminal of 100 columns shows it. */
async function commandReference() {
  const sections = [];
  for (const words of [[], ...COMMAND_WORDS]) {
    const program = buildProgram({ format: 'text', exitCode: 0 }, new AbortController().signal, {
      signal: new AbortController().signal,
      use: () => undefined,
    });
    let text = '';
    capture(program, (chunk) => (text += chunk));
    await program.parseAsync([...words, '--help'], { from: 'user' }).catch(() => undefined);
    sections.push(`## ${['fedgen', ...words].join(' ')}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`);
  }
  return `# Command reference\n\nWritten by \`npm run docs\` from the commands themselves.\n\n${sections.join('\n')}`;
}

function capture(command, writeOut) {
  command.configureOutput({ writeOut, getOutHelpWidth: () => 100, getOutHasColors: () => false });
  for (const child of command.commands) capture(child, writeOut);
}

/** The words that lead to each command, the program itself left out. */
function allCommands(command, words = []) {
  return command.commands.flatMap((child) => [
    [...words, child.name()],
    ...allCommands(child, [...words, child.name()]),
  ]);
}

const files = {
  'schema/config.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'schema/pack.json': `${JSON.stringify(packJsonSchema(), null, 2)}\n`,
  'docs/cli.md': await commandReference(),
  ...(await checkPages()),
  ...(await judgePage()),
};

let stale = 0;
for (const [name, content] of Object.entries(files)) {
  const file = path.join(root, name);
  const present = await readFile(file, 'utf8').catch(() => '');
  if (present === content) continue;
  if (isCheck) {
    console.error(`${name} is out of date: run "npm run docs" and commit it`);
    stale += 1;
  } else {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    console.log(`wrote ${name}`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
