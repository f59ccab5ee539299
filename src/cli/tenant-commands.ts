import type * as Commander from 'commander';
import type { CommandSpec } from './command-spec.js';
import { collected, CONNECTION, LIMITS, option, PACK, YES } from './options.js';

const TENANT_ID = (): Commander.Option =>
  option('--tenant-id <id>', "department id, or an id of the type of the pack's tenant column");

const load = (name: string) => async (): ReturnType<CommandSpec['load']> =>
  (await import('./commands/tenant.js')).runTenant(name);

const lockWait = (): Commander.Option[] => LIMITS().filter(({ long }) => long !== '--statement-timeout');

/** `fedgen tenant …` */
export const TENANT_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  add: {
    summary: 'add a tenant: its role, its registration, or its schema',
    examples: [
      'fedgen tenant add --pack shop --tenant-id T001 --name "Acme"',
      'fedgen tenant add --tenant-id hr --name "Human Resources"',
    ],
    options: () => [
      TENANT_ID(),
      option('--name <name>', 'display name'),
      option('--no-login', 'the role may not log in, a gateway becomes it; for shared packs'),
      PACK(),
      ...CONNECTION(),
      ...lockWait(),
    ],
    load: load('add'),
  },
  list: {
    summary: 'list tenants with their status, role and sessions',
    examples: ['fedgen tenant list --pack shop', 'fedgen tenant list --format json'],
    options: () => [PACK(), ...CONNECTION()],
    load: load('list'),
  },
  show: {
    summary: 'show one tenant and how many rows it has',
    examples: ['fedgen tenant show --pack shop --tenant-id T001'],
    options: () => [TENANT_ID(), PACK(), ...CONNECTION()],
    load: load('show'),
  },
  suspend: {
    summary: 'lock a tenant out and end its sessions; its rows stay',
    examples: ['fedgen tenant suspend --pack shop --tenant-id T001'],
    options: () => [TENANT_ID(), PACK(), ...CONNECTION(), ...lockWait()],
    load: load('suspend'),
  },
  resume: {
    summary: 'let a suspended tenant in again',
    examples: ['fedgen tenant resume --pack shop --tenant-id T001'],
    options: () => [TENANT_ID(), PACK(), ...CONNECTION(), ...lockWait()],
    load: load('resume'),
  },
  remove: {
    summary: 'remove a tenant with its role and rows',
    examples: [
      'fedgen tenant remove --pack shop --tenant-id T001 --dry-run',
      'fedgen tenant remove --pack shop --tenant-id T001 --yes --allow-data-loss',
      'fedgen tenant remove --pack bi --also bi-analytics --tenant-id 3f0c9a52-6c1d-4d0e-9b1a-6f2f1f0a7c11 --dry-run',
    ],
    options: () => [
      TENANT_ID(),
      option('--also <pack>', 'remove it from this pack too, by one plan; repeatable').argParser(collected),
      option('--dry-run', 'tell what would go'),
      option('--allow-data-loss', 'go on although rows would be destroyed'),
      YES(),
      PACK(),
      ...CONNECTION(),
      ...lockWait(),
    ],
    load: load('remove'),
  },
  'rotate-key': {
    summary: 'make a new key for signed tokens, and print it once',
    examples: ['fedgen tenant rotate-key --pack shop --overlap 1h'],
    options: () => [
      option('--overlap <duration>', 'how long the keys before it stay valid (1h)'),
      PACK(),
      ...CONNECTION(),
      ...lockWait(),
    ],
    load: load('rotate-key'),
  },
};
