import { randomBytes } from 'node:crypto';
import type { Session } from '../../db/session.js';
import type { PackRole } from '../../packs/pack.js';
import { CONTROL_SCHEMA } from '../../plan/names.js';
import type { TargetPlan } from '../../plan/target.js';
import { quoteIdentifier } from '../../render/quote.js';
import type { CheckResult, Finding } from '../model.js';
import { REFUSED } from './attempt.js';
import { chooseImpersonation, type Impersonation } from './impersonate.js';
import { DONE, runActs, type Act, type Answer } from './run.js';

/** The probes of packs without tenants, and what is true when nothing is found. */
export const CALLER_TITLES = {
  callers_only: 'who uses a pack without tenants can call what pack.yaml lists, and reach nothing else',
} as const;

/** What there is to try in the schemas of a target and of the control plane. */
interface Surface {
  readonly relations: readonly {
    readonly name: string;
    readonly sql: string;
    readonly column: string | null;
  }[];
  readonly views: readonly { readonly name: string; readonly sql: string }[];
  readonly functions: readonly { readonly name: string; readonly said: string; readonly call: string }[];
}

/** One statement of a member of a role, and whether the server may carry it out. */
interface Trial {
  readonly role: string;
  readonly object: string;
  readonly operation: string;
  readonly act: Act;
  readonly isDeclared: boolean;
}

/**
 * Becomes a member of every caller and operator of the pack and tries every relation and every function there is. Runs in
 * the caller's transaction, which must be rolled back.
 */
export async function probeCallers(
  session: Session,
  plan: TargetPlan,
): Promise<{ readonly checks: readonly CheckResult[]; readonly roles: readonly string[] }> {
  const by = await chooseImpersonation(session);
  const surface = await readSurface(session, plan);
  const used = plan.pack.roles.filter(({ kind }) => kind === 'caller' || kind === 'operator');
  const members = new Map<PackRole, string>();
  for (const role of used)
    members.set(role, await addMember(session, by, plan.target.packRoles[role.name] ?? ''));
  await by.prepare(plan.roles.owner);
  const trials = [...members].flatMap(([role, member]) => trialsOf(role, by.become(member), surface));
  const controls = surface.relations.map(({ sql }) => select(by.become(plan.roles.owner), sql));
  const outside = by.back;
  const answers = await runActs(
    session,
    trials.map(({ act }) => act),
    outside,
    by.back,
  );
  const proofs = await runActs(session, controls, outside, by.back);
  const findings = [
    ...trials.flatMap((trial, at) => judgeTrial(trial, answers[at])),
    ...proofs.flatMap((answer, at) => judgeControl(surface.relations[at]?.name ?? '', answer)),
  ];
  const refused = trials.filter(({ isDeclared }) => !isDeclared).length;
  return {
    checks: [
      {
        code: 'callers_only',
        layer: 'probe',
        title: CALLER_TITLES.callers_only,
        summary: `${refused} attempts that must fail, ${trials.length - refused} that must not`,
        findings,
        evidence: trials.map(({ role, operation, object }) => `${role}: ${operation} ${object}`),
      },
    ],
    roles: used.map(({ name }) => plan.target.packRoles[name] ?? ''),
  };
}

/** A login with nothing but the role. */
async function addMember(session: Session, by: Impersonation, role: string): Promise<string> {
  const member = `zz${randomBytes(5).toString('hex')}q`;
  await session.client.query(
    `create role ${member} login inherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
     grant ${quoteIdentifier(role)} to ${member}`,
  );
  await by.prepare(member);
  return member;
}

async function readSurface({ client }: Session, { target }: TargetPlan): Promise<Surface> {
  const { rows } = await client.query<Surface>(SURFACE, [[...target.schemas, CONTROL_SCHEMA]]);
  return rows[0] ?? { relations: [], views: [], functions: [] };
}

const SURFACE = `
with named as (select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname = any ($1::name[]))
select coalesce((select json_agg(json_build_object('name', n.nspname || '.' || c.relname, 'sql', c.oid::regclass::text, 'column', (
           select quote_ident(a.attname) from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a' order by a.attnum limit 1)) order by 1)
         from named n join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')), '[]') as relations,
       coalesce((select json_agg(json_build_object('name', n.nspname || '.' || c.relname, 'sql', c.oid::regclass::text))
         from named n join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('v', 'm')), '[]') as views,
       coalesce((select json_agg(json_build_object('name', n.nspname || '.' || p.proname, 'said', p.oid::regprocedure::text, 'call',
           format('select %I.%I(%s)', n.nspname, p.proname, (
             select string_agg('null::' || format_type(t, null), ', ' order by place) from unnest(p.proargtypes::oid[]) with ordinality as a(t, place)))))
         from named n join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.prokind = 'f'), '[]') as functions`;

const select = (as: string, relation: string): Act => ({
  as,
  sql: `select count(*) from (select from ${relation} limit 1) x`,
  counts: 'rows',
});

function trialsOf(role: PackRole, as: string, surface: Surface): Trial[] {
  const isRead = (name: string): boolean => role.read.includes(name);
  const trial = (object: string, operation: string, act: Act, isDeclared = false): Trial => ({
    role: role.name,
    object,
    operation,
    act,
    isDeclared,
  });
  const change = (sql: string): Act => ({ as, sql, counts: 'change' });
  return [
    ...[...surface.relations, ...surface.views].map(({ name, sql }) =>
      trial(name, 'select', select(as, sql), isRead(name)),
    ),
    ...surface.relations.flatMap(({ name, sql, column }) => [
      trial(name, 'insert', change(`insert into ${sql} default values`)),
      ...(column === null ? [] : [trial(name, 'update', change(`update ${sql} set ${column} = default`))]),
      trial(name, 'delete', change(`delete from ${sql}`)),
      trial(name, 'truncate', change(`truncate ${sql}`)),
      trial(name, 'lock', change(`lock table ${sql} in access exclusive mode nowait`)),
    ]),
    ...surface.functions.map(({ name, said, call }) =>
      trial(said, 'call', change(call), role.execute.includes(name)),
    ),
  ];
}

/** What a function itself refuses, and what the server does before it is called. */
const isKeptOut = ({ state, message }: Answer): boolean =>
  state === REFUSED && /^permission denied for /.test(message);

function judgeTrial(trial: Trial, answer: Answer | undefined): Finding[] {
  if (answer === undefined) return [finding(trial, 'was not tried')];
  if (trial.isDeclared)
    return isKeptOut(answer) ? [finding(trial, `is refused, and pack.yaml lists it: ${answer.message}`)] : [];
  if (isKeptOut(answer)) return [];
  return [
    finding(
      trial,
      answer.state === DONE
        ? 'is carried out, and pack.yaml does not list it'
        : `was let through by the privileges: ${answer.state} ${answer.message}`,
    ),
  ];
}

const finding = ({ role, operation, object, isDeclared }: Trial, message: string): Finding => ({
  object: `${object} ${operation}`,
  severity: 'error',
  isolation: !isDeclared,
  message: `${operation} by a member of ${role} ${message}`,
  remedy: isDeclared
    ? 'Grant what pack.yaml lists; "fedgen validate" names the statement under check callers.'
    : `Revoke from ${role} and from PUBLIC what lets it; check callers names the statement.`,
});

/** A refusal proves nothing about a relation that nobody can read. */
function judgeControl(relation: string, answer: Answer): Finding[] {
  if (answer.state === DONE) return [];
  return [
    {
      object: `${relation} control`,
      severity: 'error',
      isolation: true,
      message: `even its owner cannot read it: ${answer.message}`,
      remedy: 'Apply the pack again; the attempts of others prove nothing meanwhile.',
    },
  ];
}
