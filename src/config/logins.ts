import { makeDatabase, type DatabaseSettings } from './database.js';
import { tryParseDatabaseUrl } from './database-url.js';
import type { Environment } from './levels.js';
import { findPassword } from './pgpass.js';
import { configInvalid, type Problem } from './problems.js';

/** Who names variables, and what they say. */
export interface LoginsInput {
  readonly names: readonly string[];
  /** From the weakest to the strongest. */
  readonly envs: readonly Environment[];
  /** The server that validates: what a URL leaves out is as there. */
  readonly database: DatabaseSettings | undefined;
  readonly passwordFile: string | undefined;
}

/**
 * The logins that variables of the environment name. Never the command line: there everybody could read them.
 * @throws FedgenError E_CONFIG_INVALID with all that is wrong; no URL is repeated.
 */
export async function resolveLogins(input: LoginsInput): Promise<DatabaseSettings[]> {
  const read = await Promise.all([...new Set(input.names)].map((name) => resolveLogin(name, input)));
  const problems = read.flatMap((each) => ('problem' in each ? [each.problem] : []));
  if (problems.length > 0) throw configInvalid(problems);
  return read.flatMap((each) => ('login' in each ? [each.login] : []));
}

async function resolveLogin(
  name: string,
  { envs, database, passwordFile }: LoginsInput,
): Promise<{ readonly login: DatabaseSettings } | { readonly problem: Problem }> {
  const problem = (message: string): { readonly problem: Problem } => ({
    problem: { source: name, message },
  });
  const url = envs.map((env) => env[name]).findLast((value) => Boolean(value));
  if (url === undefined) return problem('validate.logins names this variable, and it is not set');
  const parsed = tryParseDatabaseUrl(url);
  if ('problem' in parsed) return problem(parsed.problem);
  const { fields } = parsed;
  const host = fields.host ?? database?.host;
  if (host === undefined || fields.user === undefined)
    return problem('the URL of a login needs a user and a host');
  const isSameServer = fields.host === undefined || fields.host === database?.host;
  const complete = {
    ...fields,
    host,
    port: fields.port ?? (isSameServer ? database?.port : undefined),
    name: fields.name ?? database?.name,
    ssl: fields.ssl ?? database?.ssl,
    sslRootCert: fields.sslRootCert ?? database?.sslRootCert,
  };
  const login = makeDatabase(complete, name);
  if (login.password !== undefined || passwordFile === undefined) return { login };
  const { password } = await findPassword(passwordFile, login);
  return { login: password === undefined ? login : makeDatabase({ ...complete, password }, name) };
}
