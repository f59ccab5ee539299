import { loadSettings } from '../config/load.js';
import type { Settings } from '../config/settings.js';
import { FedgenError } from '../shared/errors.js';
import type { Handler } from './program.js';

type Options = Parameters<Handler>[0];

/** An option's text; undefined when it was not given. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The values of an option that may be given several times; undefined when it was not given. */
export function list(options: Options, name: string): readonly string[] | undefined {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** Was a flag given? */
export const flag = (options: Options, name: string): boolean => options[name] === true;

/** A whole-number option (commander has checked it). */
export function number(options: Options, name: string): number | undefined {
  const value = options[name];
  return typeof value === 'number' ? value : undefined;
}

/** How many work at a time, where it was said. @throws FedgenError E_USAGE */
export function concurrencyOf(options: Options): number | undefined {
  const concurrency = number(options, 'concurrency');
  if (concurrency === 0) throw new FedgenError('E_USAGE', '--concurrency 0 would do nothing');
  return concurrency;
}

/** The values of `--var name=value`. */
export function variables(options: Options): Record<string, string> {
  const given = options['var'];
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/**
 * The settings of this call: flags over environment over .env over the configuration file over defaults.
 * @param needs.database false for work without a server: no secret is fetched then.
 */
export async function settingsOf(
  options: Options,
  needs: { readonly database: boolean } = { database: true },
): Promise<Settings> {
  const flags = Object.fromEntries(
    [
      'databaseUrl',
      'dbHost',
      'dbPort',
      'dbName',
      'dbUser',
      'dbPassword',
      'dbSecret',
      'clickhouseUrl',
      'rolePrefix',
      'pack',
      'outputDir',
      'lockTimeout',
      'lockWait',
      'statementTimeout',
    ].map((name) => [name, text(options, name)]),
  );
  const settings = await loadSettings({
    cwd: process.cwd(),
    env: process.env,
    flags,
    configFile: text(options, 'config'),
    databaseName: text(options, 'database'),
    loginUrlEnv: list(options, 'loginUrlEnv'),
    withoutDatabase: !needs.database,
  });
  for (const warning of settings.warnings) process.stderr.write(`warning ${warning}\n`);
  return settings;
}

/** Which target a verb is to work on; settingsOf reads the pack. */
export function targetOf(options: Options): {
  departmentId?: string;
  department?: string;
  variables: Record<string, string>;
} {
  const departmentId = list(options, 'departmentId')?.[0] ?? text(options, 'departmentId');
  const department = text(options, 'department');
  return {
    ...(departmentId !== undefined && { departmentId }),
    ...(department !== undefined && { department }),
    variables: variables(options),
  };
}
