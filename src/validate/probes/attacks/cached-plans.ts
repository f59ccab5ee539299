import { quoteLiteral } from '../../../render/quote.js';
import type { Attempt, Result } from '../attempt.js';
import { fullName, sqlName } from '../relations.js';
import { placeOf } from '../rows/planted-row.js';
import { asTenant, type Stage } from './stage.js';

const NAME = 'fedgen_plan';

/**
 * A statement that the victim has prepared and run is run again by the attacker in the same session, as happens in a
 * pool: an identity function that is IMMUTABLE was computed when the plan was made, and its answer stays in it.
 * @param open relations that show rows of others without any plan.
 */
export function cachedPlanAttempts(stage: Stage, open: ReadonlySet<string>): Attempt[] {
  const asVictim = asTenant(stage, stage.victim.tenant).split('; ');
  const asAttacker = asTenant(stage, stage.attacker.tenant);
  const closed = [...stage.victim.planted.rows].filter(([name]) => !open.has(name));
  return closed.map(([, { relation }], n): Attempt => {
    const query = `select pg_catalog.string_agg(t::text, ' ') from (select * from ${sqlName(relation)} limit 1000) t`;
    const statement = `${NAME}_${n}`;
    return {
      check: 'cached_plans',
      actor: stage.attacker.tenant.role,
      victim: stage.victim.tenant.name,
      object: fullName(relation),
      operation: 'execute a plan of another',
      expect: 'silent',
      remedy:
        'Functions that policies ask must be STABLE, not IMMUTABLE: the planner computes those once and keeps the answer.',
      act: {
        as: asAttacker,
        before: [
          ...asVictim,
          'set local plan_cache_mode = force_generic_plan',
          `prepare ${statement} as ${query}`,
          `execute ${statement}`,
          asAttacker,
        ],
        sql: `execute ${statement}`,
        counts: 'text',
      },
    };
  });
}

/**
 * A statement that a tenant has prepared and run is run again after it was dismissed: de-provisioning must not wait for
 * its sessions to end. Unpatched servers keep in plans what memberships allowed (CVE-2026-14666).
 */
export function dismissedAttempts({ arena, by, victim }: Stage, open: ReadonlySet<string>): Attempt[] {
  const { tenant, planted } = victim;
  const begin = [by.become(tenant.role), ...tenant.enter];
  const rows = [...planted.rows.values()].filter((row) => row.by === 'tenant');
  if (arena.dismissal.length === 0) return [];
  return rows
    .filter(({ relation }) => relation.rowSecurity && !open.has(fullName(relation)))
    .map((row, n): Attempt => {
      const statement = `${NAME}_dismissed_${n}`;
      return {
        check: 'cached_plans',
        actor: tenant.role,
        object: fullName(row.relation),
        operation: 'execute a plan after being dismissed',
        expect: 'nothing',
        remedy: `Policies on ${fullName(row.relation)} must ask at every execution whether the tenant still is one; update the server, and end the sessions of tenants that go.`,
        act: {
          as: begin.join('; '),
          before: [
            'set local plan_cache_mode = force_generic_plan',
            `prepare ${statement} as select count(*) from ${sqlName(row.relation)} where ${placeOf(row)}`,
            `execute ${statement}`,
            by.back,
            ...arena.dismissal,
            ...begin,
          ],
          sql: `execute ${statement}`,
          counts: 'rows',
        },
      };
    });
}

/** Prepared statements outlive their transaction: those of the attempts go now. */
export async function forgetPlans({ arena }: Stage, results: readonly Result[]): Promise<void> {
  if (results.length === 0) return;
  await arena.session.client.query(
    `do ${quoteLiteral(`declare one text; begin
    for one in select name from pg_catalog.pg_prepared_statements where name like '${NAME}%' loop
      execute pg_catalog.format('deallocate %I', one);
    end loop; end`)}`,
  );
}
