import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  commandLineFromPs,
  findCommandLine,
  identifyProcess,
  mentionsDataFolder,
  processExists,
} from '../../../src/dev/process-identity.js';

const env = process.env;

describe('mentionsDataFolder', () => {
  it.each([
    ['/n/bin/postgres -D /home/ann/dev/data -c port=1', true],
    ['"C:\\n\\postgres.exe" -D "/home/ann/dev/data" -c port=1', true],
    ['/n/bin/postgres -D /home/ann/dev/data2 -c port=1', false],
    ['/n/bin/postgres -D /home/ann/dev', false],
    ['vi -D /home/ann/dev/data', false],
    ['', false],
  ])('%j: %s', (line, expected) => {
    expect(mentionsDataFolder(line, '/home/ann/dev/data')).toBe(expected);
  });
});

describe('identifyProcess', () => {
  it('takes another program for another program', async () => {
    expect(await identifyProcess('/data', process.pid, env)).toBe('other');
  });

  it('knows when a process has gone', async () => {
    const child = spawn('true', { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    expect(child.pid).toBeDefined();
    expect(processExists(child.pid ?? 0)).toBe(false);
    expect(await identifyProcess('/data', child.pid ?? 0, env)).toBe('gone');
  });
});

describe('the command line of a process', () => {
  it('is found on this system', async () => {
    const child = spawn('sleep', ['599'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill());
    await expect.poll(() => findCommandLine(child.pid ?? 0, env)).toBe('sleep 599');
  });

  it('is found by ps as well', async () => {
    expect(await commandLineFromPs(process.pid, env)).toContain('node');
  });
});
