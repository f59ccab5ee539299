// Writes what the code itself can say: the JSON Schemas and docs/cli.md. With --check it only compares.
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../dist/config/schema.js';
import { packJsonSchema } from '../dist/packs/schema.js';
import { buildProgram } from '../dist/cli/program.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');

function commandReference() {
  const program = buildProgram({ format: 'text', exitCode: 0 }, new AbortController().signal);
  const sections = allCommands(program).map(({ name, command }) => {
    let text = '';
    command.configureOutput({
      writeOut: (chunk) => (text += chunk),
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    });
    command.outputHelp();
    return `## ${name}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
  });
  return `# Command reference\n\nWritten by \`npm run docs\` from the commands themselves.\n\n${sections.join('\n')}`;
}

function allCommands(command, prefix = '') {
  const name = `${prefix}${command.name()}`;
  return [{ name, command }, ...command.commands.flatMap((child) => allCommands(child, `${name} `))];
}

const files = {
  'schema/config.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'schema/pack.json': `${JSON.stringify(packJsonSchema(), null, 2)}\n`,
  'docs/cli.md': commandReference(),
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
