import type { Attempt } from './attempt.js';
import { becomingAttempts, groupSessions, type OtherRole } from './attacks/becoming.js';
import { gatewayAttempts } from './attacks/gateway.js';
import { keyAttempts } from './attacks/keys.js';
import { ownAttempts } from './attacks/own.js';
import { creatingAttempts, serverAttempts } from './attacks/reach.js';
import { separateAttempts, type Foreign } from './attacks/separate.js';
import {
  asTenant,
  emptyContexts,
  forgedContexts,
  OWN_CONTEXT,
  type Context,
  type Side,
  type Stage,
} from './attacks/stage.js';
import { ddlAttempts, dropOwnedAttempts } from './attacks/tables-ddl.js';
import { togetherAttempts } from './attacks/together.js';
import type { RelationFact } from './relations.js';

/** What was found out about the server before the attacks begin. */
export interface Reconnaissance {
  readonly roles: readonly OtherRole[];
  /** `operation table` that tenants are not granted. */
  readonly withheld: ReadonlySet<string>;
  /** Schemas in which the attacker may create. */
  readonly open: readonly string[];
  /** Tables of neighbours, by the neighbour's id. */
  readonly neighbours: ReadonlyMap<string, readonly RelationFact[]>;
}

/** Everything that the attacker tries. */
export function attackerProgram(stage: Stage, known: Reconnaissance): Attempt[] {
  const { arena, attacker, victim } = stage;
  const { tenant } = attacker;
  return [
    ...ownAttempts(stage, attacker, known.withheld),
    ...(stage.isShared ? sharedProgram(stage) : separateProgram(stage, known)),
    ...ddlAttempts(stage, attacker, attacker),
    ...dropOwnedAttempts(
      stage,
      known.roles
        .filter(({ name, isGroup }) => isGroup && name !== tenant.role && !name.startsWith('pg_'))
        .map(({ name }) => name),
    ),
    ...becomingAttempts(stage, tenant, known.roles),
    ...serverAttempts(stage, tenant),
    ...creatingAttempts(stage, tenant, known.open),
    ...(stage.isShared ? [] : ddlAttempts(stage, attacker, victim)),
    ...(arena.gateway === undefined ? [] : gatewayAttempts(stage, arena.gateway)),
  ];
}

/** Contexts in the order in which they must be tried: a setting that was once set is never quite unset again. */
const contexts = (stage: Stage): Context[] => [
  OWN_CONTEXT,
  ...emptyContexts(stage.arena),
  ...forgedContexts(stage.arena),
];

function sharedProgram(stage: Stage): Attempt[] {
  const readers = stage.arena.neighbours.flatMap(({ tenant }) => {
    const asReader = { ...stage, attacker: { ...stage.attacker, tenant } };
    return togetherAttempts(asReader, OWN_CONTEXT).filter(({ check }) => check === 'foreign_read');
  });
  return [
    ...contexts(stage).flatMap((context) => togetherAttempts(stage, context)),
    ...readers,
    ...keyAttempts(stage),
  ];
}

function separateProgram(stage: Stage, known: Reconnaissance): Attempt[] {
  const { arena, attacker, victim } = stage;
  const onScratch = contexts(stage).flatMap((context) =>
    separateAttempts(foreignOf(stage, attacker, victim, context)),
  );
  const asGroups = groupSessions(stage, attacker.tenant).flatMap(({ group, as }) => {
    const words = ` as ${group}`;
    const foreign = { ...foreignOf(stage, attacker, victim, OWN_CONTEXT), as };
    return separateAttempts(foreign)
      .filter(({ operation }) => !operation.startsWith('select column'))
      .map((attempt) => ({ ...attempt, operation: `${attempt.operation}${words}` }));
  });
  const onNeighbours = arena.neighbours.flatMap(({ tenant, readable }) =>
    separateAttempts({
      ...foreignOf(stage, attacker, victim, OWN_CONTEXT),
      victim: tenant,
      relations: known.neighbours.get(tenant.id) ?? [],
      planted: undefined,
      readable,
    }),
  );
  return [...onScratch, ...asGroups, ...onNeighbours];
}

function foreignOf(stage: Stage, actor: Side, victim: Side, context: Context): Foreign {
  return {
    actor: actor.tenant,
    as: asTenant(stage, actor.tenant, context),
    context,
    victim: victim.tenant,
    relations: victim.relations,
    planted: victim.tenant.synthetic ? victim.planted : undefined,
    tenantColumn: stage.arena.tenantColumn,
    rules: stage.arena.tables,
    readable: [],
    serverVersion: stage.arena.session.serverVersion,
  };
}

/** What the victim tries: with its own rows, and, where it has tables of its own, on the attacker's. */
export function victimProgram(stage: Stage, known: Reconnaissance): Attempt[] {
  const { attacker, victim } = stage;
  const own = ownAttempts(stage, victim, known.withheld);
  if (stage.isShared) return own;
  return [
    ...own,
    ...separateAttempts(foreignOf(stage, victim, attacker, OWN_CONTEXT)),
    ...ddlAttempts(stage, victim, victim),
  ];
}
