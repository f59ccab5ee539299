import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName, type RelationFact } from '../relations.js';
import { asTenant, isTable, type Side, type Stage } from './stage.js';

const PEEK = 'execute function pg_catalog.suppress_redundant_updates_trigger()';

/**
 * Changes of a table and of its protection. Those that are `light` ask for ownership before they lock the table, and
 * may therefore be tried on live ones; the others would wait for the application, and it for them.
 */
const CHANGES: readonly {
  readonly operation: string;
  readonly light: boolean;
  readonly refusals?: readonly string[];
  readonly sql: (table: string) => string;
}[] = [
  {
    operation: 'disable row security',
    light: true,
    sql: (table) => `alter table ${table} disable row level security`,
  },
  {
    operation: 'unforce row security',
    light: true,
    sql: (table) => `alter table ${table} no force row level security`,
  },
  {
    operation: 'create policy',
    light: true,
    sql: (table) => `create policy fedgen_p on ${table} using (true) with check (true)`,
  },
  { operation: 'disable trigger', light: true, sql: (table) => `alter table ${table} disable trigger user` },
  { operation: 'take ownership', light: true, sql: (table) => `alter table ${table} owner to current_user` },
  { operation: 'add column', light: true, sql: (table) => `alter table ${table} add column fedgen_c text` },
  { operation: 'drop table', light: true, sql: (table) => `drop table ${table} cascade` },
  {
    operation: 'create trigger',
    light: false,
    sql: (table) => `create trigger fedgen_t before insert on ${table} for each row ${PEEK}`,
  },
  {
    operation: 'create rule',
    light: false,
    sql: (table) => `create rule fedgen_r as on insert to ${table} do also notify fedgen`,
  },
  { operation: 'create index', light: false, sql: (table) => `create index on ${table} ((1))` },
  {
    operation: 'inherit',
    light: false,
    // A partition has no heirs, and the server says so before it asks whose it is.
    refusals: ['42501', '42809'],
    sql: (table) => `create temporary table fedgen_i () inherits (${table})`,
  },
  { operation: 'comment', light: false, sql: (table) => `comment on table ${table} is 'fedgen'` },
];

/** Attempts of a tenant to change tables: its own, or somebody else's. */
export function ddlAttempts(stage: Stage, actor: Side, owner: Side): Attempt[] {
  const isScratch = !stage.isShared && owner.tenant.synthetic;
  const as = asTenant(stage, actor.tenant);
  const victim = actor === owner && !stage.isShared ? 'own' : owner.tenant.name;
  return owner.relations.filter(isTable).flatMap((relation) => [
    ...CHANGES.filter(({ light }) => light || isScratch).map(({ operation, sql, refusals }) => ({
      ...attempt(actor, relation, victim, operation, { as, sql: sql(sqlName(relation)), counts: 'change' }),
      ...(refusals && { refusals }),
    })),
    ...(isScratch ? [] : [strongPrivileges(stage, actor, relation, victim)]),
  ]);
}

const attempt = (
  actor: Side,
  relation: RelationFact,
  victim: string,
  operation: string,
  act: Attempt['act'],
): Attempt => ({
  check: 'ddl_attempts',
  actor: actor.tenant.role,
  victim,
  object: fullName(relation),
  operation,
  expect: 'refused',
  // Ownership is asked for first: the rest is about partitions.
  passes: ['42809'],
  remedy: `${actor.tenant.role} must neither own ${fullName(relation)} nor hold more than SELECT, INSERT, UPDATE, DELETE on it: see \\dp ${fullName(relation)}.`,
  act,
});

/** TRUNCATE, REFERENCES, TRIGGER (and MAINTAIN, 17+) on one's own live tables: asked for, for using them locks. */
function strongPrivileges(stage: Stage, actor: Side, relation: RelationFact, victim: string): Attempt {
  const names = ['truncate', 'references', 'trigger'];
  if (stage.arena.session.serverVersion >= 170_000) names.push('maintain');
  const list = names.map((name) => quoteLiteral(name)).join(', ');
  return {
    ...attempt(actor, relation, victim, 'use strong privileges on', {
      as: asTenant(stage, actor.tenant),
      counts: 'rows',
      sql: `select count(*) from pg_catalog.unnest(array[${list}]) privilege
             where pg_catalog.has_table_privilege(${relation.oid}::oid, privilege)`,
    }),
    expect: 'nothing',
  };
}

/**
 * DROP OWNED BY asks only for membership in the role that it names, and then drops every policy written to it, on every
 * table. Of a live tenant's role itself it would lock what the role was granted: the scratch's own role stands in.
 */
export function dropOwnedAttempts(stage: Stage, groups: readonly string[]): Attempt[] {
  const { attacker, victim } = stage;
  const own = attacker.tenant.synthetic ? attacker.tenant : victim.tenant;
  const tries = [
    ...groups.map((group) => ({ actor: attacker.tenant, role: group })),
    { actor: own, role: own.role },
  ];
  return tries.map(({ actor, role }): Attempt => ({
    check: 'ddl_attempts',
    actor: actor.role,
    object: role,
    operation: 'drop owned by',
    expect: 'unchanged',
    remedy: `Policies written TO ${role} can be dropped by its members: write them TO PUBLIC and ask for the role in their expressions.`,
    act: {
      as: asTenant(stage, actor),
      // Beside an application it must not wait long for tables whose policies it could drop.
      before: [`set local lock_timeout = '200ms'`],
      sql: `drop owned by ${quoteIdentifier(role)}`,
      counts: 'change',
      watch: POLICIES,
    },
  }));
}

/** Every policy, and who it is for. */
const POLICIES = `select md5(string_agg(format('%s %s %s %s', polrelid, polname, polroles, polcmd), '|' order by polrelid, polname)) from pg_catalog.pg_policy`;
