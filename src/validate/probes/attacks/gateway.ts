import { quoteIdentifier } from '../../../render/quote.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName } from '../relations.js';
import { placeOf } from '../rows/planted-row.js';
import type { Side, Stage } from './stage.js';

/** The gateway by itself sees nothing, and after SET ROLE what the tenant sees. */
export function gatewayAttempts(stage: Stage, gateway: string): Attempt[] {
  const alone = stage.by.become(gateway);
  return [
    ...[stage.attacker, stage.victim].flatMap((side) => aloneAttempts(stage, side, gateway, alone)),
    // The provisioner's own membership would decide.
    ...(stage.by.mode === 'role' || !stage.arena.gatewayActs ? [] : actingAttempts(stage, gateway, alone)),
  ];
}

function aloneAttempts(stage: Stage, side: Side, gateway: string, as: string): Attempt[] {
  if (stage.isShared && side === stage.victim) return [];
  return side.relations.map((relation): Attempt => ({
    check: 'gateway_alone',
    actor: gateway,
    victim: side.tenant.name,
    object: fullName(relation),
    operation: 'select',
    expect: hasTenantColumn(stage, relation) ? 'nothing' : 'refused',
    remedy: `${gateway} must be NOINHERIT (16+: its memberships WITH INHERIT FALSE) and hold no privilege on ${fullName(relation)} itself.`,
    act: { as, sql: `select count(*) from (select from ${sqlName(relation)} limit 1) one`, counts: 'rows' },
  }));
}

/** On shared tables row security may be what stops it; elsewhere only a refusal will do. */
const hasTenantColumn = (stage: Stage, relation: Side['relations'][number]): boolean =>
  stage.isShared && relation.columns.some((column) => column.name === stage.arena.tenantColumn);

/** One planted row of each side, read by the gateway as that tenant: the positive control. */
function actingAttempts(stage: Stage, gateway: string, alone: string): Attempt[] {
  return [stage.attacker, stage.victim].flatMap((side) => {
    const row = [...side.planted.rows.values()].find((each) => each.by === 'tenant');
    if (!row) return [];
    const { role, enter } = side.tenant;
    return [
      {
        check: 'gateway_alone',
        actor: gateway,
        object: role,
        operation: 'act for a tenant',
        expect: 'works',
        isolation: false,
        remedy: `grant ${quoteIdentifier(role)} to ${quoteIdentifier(gateway)};`,
        act: {
          as: alone,
          sql: `set local role ${quoteIdentifier(role)}; ${enter.map((each) => `${each}; `).join('')}select count(*) from ${sqlName(row.relation)} where ${placeOf(row)}`,
          counts: 'rows',
        },
      } satisfies Attempt,
    ];
  });
}
