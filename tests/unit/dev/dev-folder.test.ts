import { describe, expect, it } from 'vitest';
import { defaultDevFolder } from '../../../src/dev/dev-folder.js';

const linux = { env: {}, home: '/home/ann', isRoot: false, platform: 'linux' };

describe('defaultDevFolder', () => {
  it.each([
    ['a user', linux, '/home/ann/.local/share/fedgen/dev'],
    ['XDG_DATA_HOME', { ...linux, env: { XDG_DATA_HOME: '/data' } }, '/data/fedgen/dev'],
    [
      'a relative XDG_DATA_HOME',
      { ...linux, env: { XDG_DATA_HOME: 'data' } },
      '/home/ann/.local/share/fedgen/dev',
    ],
    [
      'root',
      { ...linux, home: '/root', isRoot: true, env: { XDG_DATA_HOME: '/data' } },
      '/var/lib/fedgen/dev',
    ],
    [
      'macOS',
      { ...linux, home: '/Users/ann', platform: 'darwin' },
      '/Users/ann/Library/Application Support/fedgen/dev',
    ],
    [
      'Windows',
      { ...linux, platform: 'win32', home: 'C:\\Users\\ann', env: { LOCALAPPDATA: 'D:\\local' } },
      'D:\\local\\fedgen\\dev',
    ],
    [
      'Windows without LOCALAPPDATA',
      { ...linux, platform: 'win32', home: 'C:\\Users\\ann' },
      'C:\\Users\\ann\\AppData\\Local\\fedgen\\dev',
    ],
  ])('for %s', (_name, facts, expected) => {
    expect(defaultDevFolder(facts)).toBe(expected);
  });
});
