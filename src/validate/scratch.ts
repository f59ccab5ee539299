import { randomBytes } from 'node:crypto';
import type { Session } from '../db/session.js';
import type { Pack } from '../packs/pack.js';
import { planControlPlane, planTarget, type TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import { parseSql } from '../render/sql.js';
import { withoutConcurrently } from '../render/without-concurrently.js';
import { createRenderer, type RunnableScript } from '../render/render.js';

/** A target made up for one validation: rendered like any other, and gone with the transaction that it is created in. */
export interface Scratch {
  readonly plan: TargetPlan;
  readonly scripts: readonly RunnableScript[];
  readonly names: ScratchNames;
}

/** Names in a scratch target, none of which anything else has. */
export interface ScratchNames {
  /** Id and display name of a scratch department; they stand for those of whatever department is compared. */
  readonly department?: { readonly id: string; readonly name: string };
  /** Names of a copy, and the one name that each stands for. */
  readonly words: readonly (readonly [string, string])[];
}

/** A name that nobody has, short enough for PostgreSQL's 63 bytes after anything is derived from it. */
const madeUpName = (): string => `zz${randomBytes(5).toString('hex')}q`;

/** Renders a target that nobody has, with the pack and the values of a real one. */
export async function renderScratch(
  pack: Pack,
  options: { readonly rolePrefix: string; readonly variables: TargetPlan['variables'] },
): Promise<Scratch> {
  if (pack.tenancy !== 'schema') return copy(planTarget(pack, undefined, options));
  const id = madeUpName();
  const department = { id, name: `fedgen scratch ${id}` };
  const plan = planTarget(pack, department, options);
  return { plan, scripts: (await createRenderer(pack)).forward(plan), names: { department, words: [] } };
}

/** Renders the control plane under other names. */
export const renderControlPlaneCopy = (pack: Pack, rolePrefix: string): Promise<Scratch> =>
  copy(planControlPlane(pack, rolePrefix));

/**
 * Renders a target of which there is one in a database, to stand beside it: wherever its names are words of their own,
 * other words take their place. The SQL may spell them out, as every policy of every pack spells out the control plane.
 */
async function copy(plan: TargetPlan): Promise<Scratch> {
  const { target, roles, pack } = plan;
  const own =
    target.kind === 'control-plane'
      ? [roles.owner, roles.tenant, roles.admin, roles.gateway]
      : [target.group ?? '', pack.family, ...Object.values(target.packRoles)];
  const words = [...new Set([...target.schemas, ...own])].map((word) => [madeUpName(), word] as const);
  const rename = (text: string): string =>
    words.reduce((renamed, [name, word]) => renamed.replaceAll(wordPattern(word), name), text);
  const scripts = (await createRenderer(pack)).forward(plan);
  return {
    plan: {
      ...plan,
      pack: { ...pack, family: rename(pack.family) },
      target: {
        ...target,
        schema: rename(target.schema),
        schemas: target.schemas.map(rename),
        group: target.group === undefined ? undefined : rename(target.group),
        packRoles: Object.fromEntries(
          Object.entries(target.packRoles).map(([name, role]) => [name, rename(role)]),
        ),
      },
      roles: {
        owner: rename(roles.owner),
        tenant: rename(roles.tenant),
        admin: rename(roles.admin),
        gateway: rename(roles.gateway),
      },
    },
    scripts: scripts.map((script) => ({ ...script, up: { ...script.up, sql: rename(script.up.sql) } })),
    names: { words },
  };
}

/** The word on its own: neither part of a longer name, nor of one with a hyphen. */
const wordPattern = (word: string): RegExp => new RegExp(`(?<![\\w-])${word}(?![\\w-])`, 'g');

/** Runs a scratch target's scripts in the caller's transaction, without a word to the ledger. */
export async function createScratch(session: Session, { plan, scripts }: Scratch): Promise<void> {
  for (const script of scripts) {
    const role = script.source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
    await session.client.query(
      [
        'set local client_min_messages = warning',
        `set local search_path = ${quoteIdentifier(plan.target.schema)}`,
        `set local role ${role}`,
        scratchSql(script),
      ].join(';\n'),
    );
  }
  await session.client.query('set local role none; set local search_path to default');
}

const scratchSql = ({ source, up, statementCount }: RunnableScript): string => {
  if (statementCount === 0) return 'select';
  return source.directives.noTransaction ? withoutConcurrently(parseSql(up.sql)) || 'select' : up.sql;
};

/** Pairs of a scratch name and the name that it stands for at this target, for renaming a catalogue. */
export function namesBetween(scratch: ScratchNames, target: TargetPlan): (readonly [string, string])[] {
  const { department, words } = scratch;
  if (department === undefined) return [...words];
  return [[department.name, target.target.name], [department.id, target.target.id], ...words];
}
