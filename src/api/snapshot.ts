import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pack } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';
import { VERSION } from '../shared/version.js';
import type { Recording } from '../validate/expectation.js';
import { writeFiles } from './write-files.js';

/** What a stored expectation is of: one pack, on one major version of PostgreSQL, with one role prefix. */
export interface SnapshotSubject {
  readonly pack: Pack;
  /** server_version_num. */
  readonly serverVersion: number;
  readonly rolePrefix: string;
}

interface SnapshotFile {
  readonly schemaVersion: 1;
  readonly fedgen: string;
  readonly pack: string;
  readonly packVersion: number;
  readonly server: number;
  readonly rolePrefix: string;
  readonly recording: Recording;
}

const majorOf = (serverVersion: number): number => Math.floor(serverVersion / 10_000);

/**
 * Stores an expectation, for validations that may not create a scratch target.
 * @throws FedgenError E_OUTPUT; E_USAGE when there is nothing to store.
 */
export async function writeSnapshot(
  file: string,
  subject: SnapshotSubject,
  recording: Recording,
): Promise<void> {
  for (const part of [recording.target, recording.controlPlane]) {
    if (!('message' in part)) continue;
    throw new FedgenError('E_USAGE', `no expectation can be stored: ${part.message}`, {
      hint: 'Store it as a role that may apply the pack.',
    });
  }
  const { pack, serverVersion, rolePrefix } = subject;
  const content: SnapshotFile = {
    schemaVersion: 1,
    fedgen: VERSION,
    pack: pack.name,
    packVersion: pack.version,
    server: majorOf(serverVersion),
    rolePrefix,
    recording,
  };
  const name = path.basename(file);
  await writeFiles(path.dirname(file), [{ name, content: `${JSON.stringify(content, undefined, 1)}\n` }]);
}

/**
 * Reads a stored expectation.
 * @throws FedgenError E_USAGE when it cannot be read, is none, or is of something else.
 */
export async function readSnapshot(file: string, subject: SnapshotSubject): Promise<Recording> {
  const snapshot = await parseSnapshot(file);
  const { pack, serverVersion, rolePrefix } = subject;
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['pack', snapshot.pack, pack.name],
    ['version of the pack', snapshot.packVersion, pack.version],
    ['major version of PostgreSQL', snapshot.server, majorOf(serverVersion)],
    ['role prefix', snapshot.rolePrefix, rolePrefix],
  ];
  const other = facts.filter(([, stored, asked]) => stored !== asked);
  if (other.length === 0) return snapshot.recording;
  const told = other.map(
    ([what, stored, asked]) => `${what} ${JSON.stringify(stored)} instead of ${JSON.stringify(asked)}`,
  );
  throw notUsable(file, `is of another subject: ${told.join(', ')}`);
}

async function parseSnapshot(file: string): Promise<SnapshotFile> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw notUsable(file, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const { snapshotSchema } = await import('./snapshot-schema.js');
  const result = snapshotSchema.safeParse(content);
  if (result.success) return result.data as SnapshotFile;
  const [issue] = result.error.issues;
  throw notUsable(file, `is no stored expectation: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

const notUsable = (file: string, fault: string): FedgenError =>
  new FedgenError('E_USAGE', `${file} ${fault}`, {
    hint: 'Store a new one with "fedgen validate … --write-snapshot FILE" where a scratch target is allowed.',
    details: { file },
  });
