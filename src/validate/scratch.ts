import { randomBytes } from 'node:crypto';
import type { Session } from '../db/session.js';
import type { Pack } from '../packs/pack.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import { planControlPlane, planTarget, type TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import { createRenderer, type RenderedScript } from '../render/render.js';

/** A target made up for one validation: rendered like any other, and gone with the transaction that it is created in. */
export interface Scratch {
  readonly plan: TargetPlan;
  readonly scripts: readonly RenderedScript[];
}

/** A name that nobody has, short enough for PostgreSQL's 63 bytes after anything is derived from it. */
const madeUpId = (): string => `zz${randomBytes(5).toString('hex')}q`;

/** Renders a target that nobody has, with the pack and the values of a real one. */
export async function renderScratch(
  pack: Pack,
  options: { readonly rolePrefix: string; readonly variables: TargetPlan['variables'] },
): Promise<Scratch> {
  const id = madeUpId();
  const renamed =
    pack.tenancy === 'shared' ? { ...pack, family: id, schemas: scratchSchemas(pack, id) } : pack;
  const plan = planTarget(renamed, { id, name: `fedgen scratch ${id}` }, options);
  return { plan, scripts: (await createRenderer(pack)).render(plan) };
}

/** A shared pack's copy stands beside it: in schemas of other names, and as a pack of another name. */
const scratchSchemas = (pack: Pack, id: string): string[] =>
  pack.schemas.map((_schema, place) => `${id}_s${place}`);

/**
 * Renders the control plane under another name: other roles, and another schema wherever its own is named. Its scripts
 * know the schema by name, because every policy of every pack does.
 */
export async function renderControlPlaneCopy(pack: Pack): Promise<Scratch> {
  const schema = madeUpId();
  const real = planControlPlane(pack, `${madeUpId()}_`);
  const scripts = (await createRenderer(pack)).render(real);
  return {
    plan: { ...real, target: { ...real.target, schema, schemas: [schema] } },
    scripts: scripts.map((script) => ({
      ...script,
      up: { ...script.up, sql: script.up.sql.replaceAll(SCHEMA_NAME, schema) },
    })),
  };
}

/** The schema's name as a word of its own; names of roles hold it too, and go by their prefix. */
const SCHEMA_NAME = new RegExp(`\\b${CONTROL_SCHEMA}\\b`, 'g');

/** Runs a scratch target's scripts in the caller's transaction, without a word to the ledger. */
export async function createScratch(session: Session, { plan, scripts }: Scratch): Promise<void> {
  for (const script of scripts) {
    const role = script.source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
    await session.client.query(
      [
        'set local client_min_messages = warning',
        `set local search_path = ${quoteIdentifier(plan.target.schema)}`,
        `set local role ${role}`,
        script.up.statements.length > 0 ? script.up.sql : 'select',
      ].join(';\n'),
    );
  }
  await session.client.query('set local role none; set local search_path to default');
}

/** Names of a scratch target and of the target that it stands for, for {@link renameCatalogue}. */
export function namesBetween(scratch: TargetPlan, target: TargetPlan): (readonly [string, string])[] {
  if (target.target.kind !== 'shared') {
    return [
      [scratch.target.name, target.target.name],
      [scratch.target.id, target.target.id],
    ];
  }
  return [
    ...scratch.target.schemas.map((name, place) => [name, target.target.schemas[place] ?? ''] as const),
    [scratch.target.group ?? '', target.target.group ?? ''],
    [scratch.pack.family, target.pack.family],
  ];
}

/** The same for the control plane, whose copy has other roles. */
export const controlPlaneNames = (copy: TargetPlan, real: TargetPlan): (readonly [string, string])[] => [
  ...(['owner', 'tenant', 'admin', 'gateway'] as const).map(
    (kind) => [copy.roles[kind], real.roles[kind]] as const,
  ),
  [copy.target.schema, real.target.schema],
];
