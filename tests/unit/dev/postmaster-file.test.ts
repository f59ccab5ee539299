import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  findPostmasterFile,
  parsePostmasterFile,
  removeStalePostmasterFile,
} from '../../../src/dev/postmaster-file.js';

const FULL = '4711\n/data\n1700000000\n5433\n\n127.0.0.1\n  123  456\nready   \n';

describe('parsePostmasterFile', () => {
  it('reads process, port and state', () => {
    expect(parsePostmasterFile(FULL)).toEqual({ pid: 4711, port: 5433, state: 'ready' });
  });

  it('bears a server that has only begun to write it', () => {
    expect(parsePostmasterFile('4711\n/data\n')).toEqual({ pid: 4711, port: undefined, state: undefined });
  });

  it.each(['', '\n', 'x\n', '-4711\n/data\n'])(
    'takes %j for no server (initdb writes a negative number)',
    (text) => {
      expect(parsePostmasterFile(text)).toBeUndefined();
    },
  );
});

describe('removeStalePostmasterFile', () => {
  async function folder(text: string): Promise<string> {
    const data = await mkdtemp(path.join(tmpdir(), 'fedgen-unit-'));
    onTestFinished(async () => await rm(data, { recursive: true }));
    await writeFile(path.join(data, 'postmaster.pid'), text);
    return data;
  }

  it('removes the file of that process', async () => {
    const data = await folder(FULL);
    await removeStalePostmasterFile(data, 4711);
    expect(await readdir(data)).toEqual([]);
    expect(await findPostmasterFile(data)).toBeUndefined();
    await removeStalePostmasterFile(data, 4711);
  });

  it('puts back a file that has changed hands meanwhile', async () => {
    const data = await folder(FULL);
    await removeStalePostmasterFile(data, 815);
    expect(await readdir(data)).toEqual(['postmaster.pid']);
    expect(await readFile(path.join(data, 'postmaster.pid'), 'utf8')).toBe(FULL);
  });
});
