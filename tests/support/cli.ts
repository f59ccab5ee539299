import { spawn } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.js';
import type { TestServerFacts } from './postgres.js';

const BINARY = fileURLToPath(new URL('../../bin/fedgen.js', import.meta.url));

/** How the binary is called. */
export interface CliOptions {
  /** All that it sees beside PATH and HOME: nothing of the tests' own environment reaches it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: an empty folder that is removed afterwards. */
  readonly cwd?: string;
  /** What it reads from standard input, which is never a terminal; null: nothing comes, and it stays open. */
  readonly input?: string | null;
}

/** How it ended. */
export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A call that is under way. */
export interface RunningCli {
  readonly done: Promise<CliResult>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** What it has written to stderr until now. */
  readonly stderr: () => string;
}

/** Starts the built binary. `cwd` is its home folder as well, so that no configuration of the machine is found. */
export function startCli(
  args: readonly string[],
  options: CliOptions & { readonly cwd: string },
): RunningCli {
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: options.cwd, ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  if (options.input !== null) child.stdin.end(options.input ?? '');
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { done, kill: (signal) => void child.kill(signal), stderr: () => stderr };
}

/** Runs the built binary to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  if (options.cwd !== undefined) return await startCli(args, { ...options, cwd: options.cwd }).done;
  const workspace = await makeWorkspace();
  try {
    return await startCli(args, { ...options, cwd: workspace.dir }).done;
  } finally {
    await workspace.remove();
  }
}

/** A working directory of a test. */
export interface Workspace {
  readonly dir: string;
  write(name: string, content: string): Promise<void>;
  /** Every file below it, sorted. */
  files(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Makes an empty folder; its path has no symbolic link in it, since error messages name files by it. */
export async function makeWorkspace(): Promise<Workspace> {
  const dir = await realpath(await mkdtemp(path.join(tmpdir(), 'fedgen-cli-')));
  return {
    dir,
    write: async (name, content) => await writeFile(path.join(dir, name), content),
    files: async () => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name))).sort();
    },
    remove: async () => await rm(dir, { recursive: true, force: true }),
  };
}

/** A database of a test's own, a working directory, and the binary that is told of both. */
export interface Installation extends TestDatabase {
  readonly workspace: Workspace;
  readonly env: Readonly<Record<string, string>>;
  readonly run: (...args: readonly string[]) => Promise<CliResult>;
  readonly start: (...args: readonly string[]) => RunningCli;
  /** Runs, and fails the test unless the exit code is 0. */
  readonly ok: (...args: readonly string[]) => Promise<CliResult>;
}

/** Makes an installation; `drop` removes all of it. `env` is added to what names the database. */
export async function makeInstallation(
  server: TestServerFacts,
  label: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const database = await createTestDatabase(server, label);
  const workspace = await makeWorkspace();
  const all = { DATABASE_URL: database.url, FEDGEN_ROLE_PREFIX: database.rolePrefix, ...env };
  const start = (...args: readonly string[]): RunningCli => startCli(args, { env: all, cwd: workspace.dir });
  const run = async (...args: readonly string[]): Promise<CliResult> => await start(...args).done;
  return {
    ...database,
    workspace,
    env: all,
    start,
    run,
    ok: async (...args) => {
      const result = await run(...args);
      expect(result, result.stderr).toMatchObject({ code: 0 });
      return result;
    },
    drop: async () => {
      await database.drop();
      await workspace.remove();
    },
  };
}

/** Expects an error in text format: its exit code and code, nothing on stdout, and no stack. */
export function expectError(result: CliResult, code: number, errorCode: string): void {
  expect(result.stderr).toMatch(new RegExp(`^error ${errorCode} `, 'm'));
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).not.toMatch(/^ +at /m);
  expect(result.stderr.match(/^error /gm)).toHaveLength(1);
}

/** The one JSON document on stdout. */
export function parseDocument(result: CliResult): Record<string, unknown> & { schemaVersion: number } {
  const document: unknown = JSON.parse(result.stdout);
  expect(document).toMatchObject({ schemaVersion: 1 });
  return document as Record<string, unknown> & { schemaVersion: number };
}
