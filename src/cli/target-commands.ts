import type { CommandSpec } from './command-spec.js';
import {
  CONNECTION,
  DEPARTMENT,
  DEPARTMENT_IDS,
  FLEET,
  LIMITS,
  option,
  PACK,
  TARGETS,
  VAR,
  wholeNumber,
} from './options.js';

/** Options of TARGETS that ask the ledger, which knows nothing of departments that are to be imported. */
const OF_LEDGER: ReadonlySet<string | undefined> = new Set(['--only-pending', '--only-failed', '--resume']);

/** `fedgen targets …` */
export const TARGET_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  import: {
    summary: 'take departments over that stand already, if they are exactly what the scripts make',
    examples: [
      'fedgen targets import --department-id hr --department "Human Resources"',
      'fedgen targets import --all',
      'fedgen targets import --department-id "sales_*" --to 10',
    ],
    options: () => [
      DEPARTMENT(),
      DEPARTMENT_IDS(),
      option('--all', 'every schema that is named like a department').conflicts('departmentId'),
      ...TARGETS().filter(({ long }) => !OF_LEDGER.has(long)),
      option('--to <number>', 'they stand at this script; the later ones are left to apply').argParser(
        wholeNumber,
      ),
      ...FLEET(),
      PACK(),
      VAR(),
      ...CONNECTION(['text', 'json', 'ndjson']),
      ...LIMITS().filter(({ long }) => long === '--lock-wait'),
    ],
    load: async () => (await import('./commands/targets.js')).runImport,
  },
};
