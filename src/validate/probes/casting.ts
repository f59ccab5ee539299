import { isShared, type Arena, type Tenant } from './arena.js';
import type { Attempt, Result } from './attempt.js';
import { asTenant, type Side, type Stage } from './attacks/stage.js';
import { chooseImpersonation, sessionOf, type Impersonation } from './impersonate.js';
import { fullName, readLandscape, type Landscape } from './relations.js';
import { plantTenant, type Planted } from './rows/planter.js';
import { marksOf, seedOf } from './rows/seed.js';
import { DONE } from './run.js';

/** Takes on the roles, reads the tables, and plants a row of each side in each of them. */
export async function setStage(arena: Arena): Promise<Stage> {
  const { session, attacker, victim } = arena;
  const by = await chooseImpersonation(session);
  const actors = [attacker, victim, ...(isShared(arena) ? arena.neighbours.map(({ tenant }) => tenant) : [])];
  const roles = [...actors.map(({ role }) => role), ...(arena.gateway === undefined ? [] : [arena.gateway])];
  for (const role of new Set(roles)) await by.prepare(role);
  const landscape = await readLandscape(session, [...new Set([...attacker.schemas, ...victim.schemas])]);
  const defender = await castSide(arena, by, landscape, victim, `${arena.token}v`);
  return {
    arena,
    by,
    landscape,
    isShared: isShared(arena),
    victim: defender,
    attacker: await castSide(arena, by, landscape, attacker, `${arena.token}a`),
    // Who is not let past row security looks as the victim itself.
    outside: by.mode === 'session' ? by.back : sessionOf(by, victim),
  };
}

async function castSide(
  arena: Arena,
  by: Impersonation,
  landscape: Landscape,
  tenant: Tenant,
  token: string,
): Promise<Side> {
  const relations = landscape.relations.filter((relation) => tenant.schemas.includes(relation.schema));
  const planted = await plantTenant({
    session: arena.session,
    by,
    tenant,
    side: token,
    landscape,
    relations,
    tenantColumn: arena.tenantColumn,
    rules: arena.tables,
    isScratch: tenant.synthetic && !isShared(arena),
    isShared: isShared(arena),
    models: arena.attacker.schemas.filter((schema) => !tenant.schemas.includes(schema)),
  });
  return { tenant, relations, planted, marks: [...marksOf(token), ...numberMarks(planted, token)] };
}

/** Rows without any text are recognised by their number. */
function numberMarks(planted: Planted, token: string): string[] {
  const base = String(Math.floor(seedOf(token, 0).number / 1000));
  const texts = marksOf(token);
  const values = [...planted.rows.values()]
    .map((row) => Object.values(row.values).filter((value) => value !== null))
    .filter((row) => !row.some((value) => texts.some((mark) => value.includes(mark))))
    .flat();
  return [...new Set(values.filter((value) => value.startsWith(base) && value.length === 9))];
}

/** The planting itself is the attempt to insert one's own rows. */
export const insertedOwn = (stage: Stage, side: Side): Result[] =>
  [...side.planted.rows.values()].map(({ relation, refused }) => {
    const attempt: Attempt = {
      check: 'positive_controls',
      actor: side.tenant.role,
      victim: 'own',
      object: fullName(relation),
      operation: 'insert',
      expect: 'works',
      isolation: false,
      remedy: `${side.tenant.role} cannot add rows to its own table: compare grants and policies with "fedgen generate --stdout".`,
      act: { as: asTenant(stage, side.tenant), sql: '', counts: 'change' },
    };
    const answer = {
      state: refused ? '42501' : DONE,
      message: 'permission denied',
      said: '',
      text: '',
      rows: refused ? 0 : 1,
      changed: false,
    };
    return { attempt, answer, outcome: refused ? 'refused' : 'allowed' };
  });
