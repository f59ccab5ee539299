import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingJudge } from './model.js';

const FOLDER = fileURLToPath(new URL('tools/node_modules/', import.meta.url));

/** Where a file of the judges is, as scripts/install-judges.mjs brought it. */
export function toolFile(judge: string, file: string): string {
  const found = path.join(FOLDER, file);
  if (!existsSync(found)) {
    throw new MissingJudge(
      `${judge} could not be had for ${process.platform}-${process.arch}: tests/judges/tools/node_modules/${file} is missing. ` +
        `"node scripts/install-judges.mjs" says why; "npm run judges -- --without ${judge}" goes on without it.`,
    );
  }
  return found;
}

/** The version of one of the npm packages. */
export async function toolVersion(packageName: string): Promise<string> {
  const text = await readFile(path.join(FOLDER, packageName, 'package.json'), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? '';
}

/** Runs a program and answers what it printed, whatever its exit code: judges answer 1 when they object. */
export async function readOutput(program: string, args: readonly string[], cwd?: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || code === 1) resolve(out);
      else reject(new Error(`${program} ended with ${code}: ${errors}`));
    });
  });
}
