import { FedgenError } from '../shared/errors.js';
import type { DatabaseFields } from './database.js';
import { tryParseDatabaseUrl } from './database-url.js';

/** Answers the text of a secret by its ARN or name. */
export type SecretReader = (id: string) => Promise<string>;

/** The ARN of a secret; the region is needed to ask for it. */
export const SECRET_ARN = /^arn:[\w-]+:secretsmanager:(?<region>[\w-]+):\d*:secret:\S+$/;

const FORMS =
  'It must hold {"username", "password"} and may hold host, port, dbname and engine, as Amazon RDS writes it, or a postgres:// URL.';

/** Never with a cause: what a parser complains of quotes what it has read. */
function invalid(source: string, fault: string): FedgenError {
  return new FedgenError('E_SECRET_INVALID', `the secret of ${source} ${fault}`, {
    hint: FORMS,
    details: { source },
  });
}

/**
 * What a secret says of the database. Messages name keys and never repeat a value.
 * @param source what named the secret: a flag, a variable, a file
 * @throws FedgenError E_SECRET_INVALID
 */
export function parseDatabaseSecret(text: string, source: string): DatabaseFields {
  if (!/^\s*postgres(?:ql)?:/i.test(text)) return fieldsOf(readObject(text, source), source);
  const parsed = tryParseDatabaseUrl(text);
  if ('problem' in parsed) throw invalid(source, `is ${parsed.problem}`);
  const { ignored: _ignored, connectTimeoutMs: _timeout, ...fields } = parsed.fields;
  if (fields.password === undefined) throw invalid(source, 'is a connection URL without a password');
  return fields;
}

function readObject(text: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(source, 'is neither JSON nor a connection URL');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(source, 'is JSON, but no object');
  }
  return Object.fromEntries(Object.entries(value));
}

function fieldsOf(secret: Readonly<Record<string, unknown>>, source: string): DatabaseFields {
  const engine = secret['engine'];
  if (engine !== undefined && !/postgres/i.test(JSON.stringify(engine))) {
    throw invalid(source, 'belongs to another engine than PostgreSQL');
  }
  const faults: string[] = [];
  const textOf = (key: string): string | undefined => {
    const value = secret[key];
    if (value === undefined || value === null || value === '') return undefined;
    // A NUL would end the field in the start-up packet, and what follows would be read as another field.
    if (typeof value === 'string' && !value.includes('\0')) return value;
    faults.push(`${key} is no text`);
    return undefined;
  };
  const fields = {
    user: textOf('username'),
    password: textOf('password'),
    host: textOf('host'),
    name: textOf('dbname'),
    port: portOf(secret['port'], faults),
  };
  if (fields.user === undefined) faults.unshift('username is missing');
  if (fields.password === undefined) faults.unshift('password is missing');
  if (faults.length > 0) throw invalid(source, `cannot be used: ${faults.join(', ')}`);
  return fields;
}

/** RDS writes a number, people write it as a text. */
function portOf(value: unknown, faults: string[]): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const port =
    typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)) ? Number(value) : 0;
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  faults.push('port is no number from 1 to 65535');
  return undefined;
}
