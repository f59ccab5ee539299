import { FedgenError } from '../shared/errors.js';
import { runProgram, type Environment, type ServerUser } from './program.js';

// The first exists where a PostgreSQL package was ever installed, the last everywhere.
const CANDIDATES = ['postgres', '_postgres', 'nobody'] as const;

/** Whether we are root. Always false on Windows. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user that the server must run as: undefined means ourselves. PostgreSQL refuses to run as root, so root gets
 * the first of postgres, _postgres and nobody. Throws E_DEV_SERVER when there is none.
 */
export async function findServerUser(env: Environment): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  for (const name of CANDIDATES) {
    const uid = await askId('-u', name, env);
    const gid = await askId('-g', name, env);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid };
  }
  throw new FedgenError('E_DEV_SERVER', 'PostgreSQL does not run as root and no other user was found', {
    hint: `Create a user named postgres, or run fedgen as an ordinary user (looked for: ${CANDIDATES.join(', ')}).`,
  });
}

async function askId(flag: '-u' | '-g', name: string, env: Environment): Promise<number | undefined> {
  const { code, stdout } = await runProgram('id', [flag, name], { env, cwd: '/' });
  return code === 0 && /^\d+\n?$/.test(stdout) ? Number(stdout) : undefined;
}

/** Whether `user` can enter `folder`; asked by trying, as access lists and mounts have their say too. */
export async function canEnter(
  user: ServerUser | undefined,
  folder: string,
  env: Environment,
): Promise<boolean> {
  if (user === undefined) return true;
  const { code } = await runProgram('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { env, user, cwd: '/' });
  return code === 0;
}
