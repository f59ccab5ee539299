import { isServerError } from '../../../db/errors.js';
import type { Attempt, Result } from '../attempt.js';
import { judge } from '../attempt.js';
import { fullName, sqlName } from '../relations.js';
import { DONE, type Answer } from '../run.js';
import { asTenant, isTable, type Stage } from './stage.js';

/**
 * COPY cannot be run in a block, so each attempt is a round trip of its own: out of tables of another schema, and into
 * tables that are shared, which row security makes the server refuse altogether.
 */
export async function copyResults(stage: Stage): Promise<Result[]> {
  const results: Result[] = [];
  for (const relation of stage.victim.relations.filter(isTable)) {
    const isTenants = relation.columns.some((column) => column.name === stage.arena.tenantColumn);
    if (stage.isShared && !isTenants) continue;
    const attempt: Attempt = {
      check: stage.isShared ? 'foreign_write' : 'foreign_read',
      actor: stage.attacker.tenant.role,
      victim: stage.victim.tenant.name,
      object: fullName(relation),
      operation: stage.isShared ? 'copy from' : 'copy to',
      expect: 'refused',
      refusals: stage.isShared ? ['42501', '0A000'] : ['42501'],
      // The server asked for the data.
      passes: ['57014'],
      remedy: `Revoke what lets ${stage.attacker.tenant.role} in: see \\dp ${fullName(relation)}.`,
      act: {
        as: asTenant(stage, stage.attacker.tenant),
        sql: stage.isShared ? `copy ${sqlName(relation)} from stdin` : `copy ${sqlName(relation)} to stdout`,
        counts: 'change',
      },
    };
    const answer = await copy(stage, attempt);
    results.push({ attempt, answer, outcome: judge(attempt, answer, undefined) });
  }
  return results;
}

async function copy({ arena }: Stage, { act }: Attempt): Promise<Answer> {
  const { client } = arena.session;
  const answer = { message: '', said: '', text: '', rows: 0, changed: false };
  await client.query('savepoint fedgen_copy');
  try {
    await client.query(`${act.as}; ${act.sql}`);
    return { ...answer, state: DONE };
  } catch (error) {
    if (!isServerError(error)) throw error;
    return { ...answer, state: error.code ?? '', message: error.message, said: error.message };
  } finally {
    await client.query('rollback to savepoint fedgen_copy; release savepoint fedgen_copy');
  }
}
