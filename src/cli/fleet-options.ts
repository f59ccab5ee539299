import { readFile } from 'node:fs/promises';
import type { FleetOptions } from '../api/fleet-prepare.js';
import { FedgenError } from '../shared/errors.js';
import type { Handler } from './program.js';
import { concurrencyOf, flag, list, text, variables } from './settings.js';

type Options = Parameters<Handler>[0];

/** Names of the options that say that many departments are meant. */
const SELECTING = ['targetsFrom', 'exclude', 'group', 'shard', 'onlyPending', 'onlyFailed', 'resume', 'run'];

/** Are departments meant that the registry must tell, rather than one by its id? */
export function isFleet(options: Options): boolean {
  const ids = list(options, 'departmentId') ?? [];
  return (
    SELECTING.some((name) => options[name] !== undefined) ||
    ids.length > 1 ||
    ids.some((id) => id.includes('*'))
  );
}

/** The selection that the options make; reads the file of targets. @throws FedgenError E_USAGE. */
export async function selectionOf(options: Options): Promise<SelectionOptions> {
  const source = text(options, 'targetsFrom');
  const targets = list(options, 'departmentId');
  return {
    ...(targets && { targets }),
    ...(source?.startsWith('sql:') && { targetsQuery: source.slice('sql:'.length) }),
    ...(source !== undefined && !source.startsWith('sql:') && { named: await readTargets(source) }),
    exclude: list(options, 'exclude'),
    groups: list(options, 'group'),
    shard: text(options, 'shard'),
    onlyPending: flag(options, 'onlyPending'),
    onlyFailed: flag(options, 'onlyFailed'),
    resume: text(options, 'resume'),
  };
}

type SelectionOptions = Pick<
  FleetOptions,
  | 'targets'
  | 'targetsQuery'
  | 'named'
  | 'exclude'
  | 'groups'
  | 'shard'
  | 'onlyPending'
  | 'onlyFailed'
  | 'resume'
>;

/** How the departments are worked on. @throws FedgenError E_USAGE. */
export function fleetPolicyOf(
  options: Options,
): Pick<FleetOptions, 'concurrency' | 'onError' | 'maxFailures' | 'duty' | 'variables'> {
  const concurrency = concurrencyOf(options);
  const maxFailures = text(options, 'maxFailures');
  const duty = text(options, 'duty');
  const onError = text(options, 'onError');
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(maxFailures !== undefined && { maxFailures }),
    ...(duty !== undefined && { duty: parseDuty(duty) }),
    ...((onError === 'stop' || onError === 'continue') && { onError }),
    variables: variables(options),
  };
}

function parseDuty(given: string): number {
  const percent = Number(/^(\d{1,3})%$/.exec(given)?.[1] ?? Number.NaN);
  if (percent >= 1 && percent <= 100) return percent / 100;
  throw new FedgenError('E_USAGE', `"${given}" is no share of the time`, {
    hint: 'Write 1% to 100%; with 50% each connection rests as long as it works.',
  });
}

/** Lines of `id` or `id,name`; empty ones and those with # are left out. */
async function readTargets(source: string): Promise<{ id: string; name?: string }[]> {
  const content = source === '-' ? await readInput() : await readSource(source);
  return content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf(',');
      return at === -1 ? { id: line } : { id: line.slice(0, at).trim(), name: line.slice(at + 1).trim() };
    });
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

async function readSource(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedgenError('E_USAGE', `cannot read the targets from ${file}: ${reason}`, { cause });
  }
}
