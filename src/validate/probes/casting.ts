import { quoteLiteral } from '../../render/quote.js';
import { isShared, type Arena, type Tenant } from './arena.js';
import type { Attempt, Result } from './attempt.js';
import { asTenant, type Side, type Stage } from './attacks/stage.js';
import { chooseImpersonation, type Impersonation } from './impersonate.js';
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
    bystanders: await castBystanders(arena, by),
    outside: by.mode === 'session' ? by.back : asUndisturbed(arena, by, victim),
  };
}

/** Who is not let past row security looks as the victim itself, whatever context an attempt has left. */
const asUndisturbed = ({ contextSettings }: Arena, by: Impersonation, victim: Tenant): string =>
  [
    by.become(victim.role),
    ...contextSettings.map((name) => `select pg_catalog.set_config(${quoteLiteral(name)}, '', true)`),
    ...victim.enter,
  ].join('; ');

/** Neighbours whose rows might show somewhere: a row in each of their tables tells. */
async function castBystanders(arena: Arena, by: Impersonation): Promise<Side[]> {
  const suspects = isShared(arena) ? [] : arena.neighbours.filter(({ isSuspect }) => isSuspect);
  const sides: Side[] = [];
  for (const [n, { tenant }] of suspects.entries()) {
    await by.prepare(tenant.role);
    const landscape = await readLandscape(arena.session, tenant.schemas);
    sides.push(await castSide(arena, by, landscape, tenant, `${arena.token}n${n}`));
  }
  return sides;
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
    commonSide: `${arena.token}c`,
    landscape,
    relations,
    tenantColumn: arena.tenantColumn,
    rules: arena.tables,
    isScratch: tenant.synthetic && !isShared(arena),
    isShared: isShared(arena),
    models: arena.attacker.schemas.filter((schema) => !tenant.schemas.includes(schema)),
  });
  return { tenant, relations, planted, marks: [...marksOf(token), ...otherMarks(planted, token, tenant)] };
}

/** Rows without any text are recognised by their number, and those that were there by the tenant's name in them. */
function otherMarks(planted: Planted, token: string, tenant: Tenant): string[] {
  const base = String(Math.floor(seedOf(token, 0).number / 1000));
  const texts = marksOf(token);
  const values = [...planted.rows.values()]
    .map((row) => Object.values(row.values).filter((value) => value !== null))
    .filter((row) => !row.some((value) => texts.some((mark) => value.includes(mark))))
    .flat();
  const isNumber = (value: string): boolean => value.startsWith(base) && value.length === 9;
  const isName = (value: string): boolean =>
    tenant.synthetic && value !== tenant.id && value.includes(tenant.id);
  return [...new Set(values.filter((value) => isNumber(value) || isName(value)))];
}

/** The planting itself is the attempt to insert one's own rows. */
export const insertedOwn = (stage: Stage, side: Side): Result[] =>
  [...side.planted.rows.values()].flatMap(({ relation, by }): Result[] => {
    if (by === 'earlier') return [];
    const refused = by === 'validator';
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
    return [{ attempt, answer, outcome: refused ? 'refused' : 'allowed' }];
  });
