import type { IdentityMode, Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { groupOf } from '../plan/names.js';
import { planTarget, type TargetPlan } from '../plan/target.js';
import { createRenderer } from '../render/render.js';
import type { Registry } from './registry.js';

/** How an installed pack is registered: everything that its policies and functions ask the registry for. */
export interface Registration {
  readonly group: string;
  readonly schemas: readonly string[];
  /** Null when the ledger does not tell: scripts were edited since, or other variables changed. */
  readonly identity: IdentityMode | 'none' | null;
}

/** How the pack must be registered: as it names itself, and as the scripts that stand were rendered. */
export async function expectRegistration(
  pack: Pack,
  registry: Registry,
  options: { readonly rolePrefix: string; readonly variables: TargetPlan['variables'] },
): Promise<Registration | undefined> {
  const registered = registry.packs.find(({ id }) => id === pack.family);
  if (pack.tenancy === 'schema' || registered === undefined) return undefined;
  return {
    group: groupOf(pack, options.rolePrefix),
    schemas: pack.schemas,
    identity:
      pack.tenancy === 'single' ? 'none' : await installedIdentity(pack, registered.renderings, options),
  };
}

/**
 * The identity mode that the scripts were rendered with. The registry itself proves nothing: whoever changes the mode
 * there changes who is believed. The ledger keeps the hash of each script, and with one mode only are they what stands.
 */
async function installedIdentity(
  pack: Pack,
  standing: Readonly<Record<string, string>>,
  options: { readonly rolePrefix: string; readonly variables: TargetPlan['variables'] },
): Promise<IdentityMode | null> {
  const renderer = await createRenderer(pack);
  const renderings = pack.identityModes.map((mode) => {
    const variables = { ...options.variables, [IDENTITY_VARIABLE]: mode };
    const sums = renderer.checksums(planTarget(pack, undefined, { ...options, variables }));
    return {
      mode,
      sums: new Map(
        sums.map(({ source, renderedChecksum }) => [`${source.pack}/${source.name}`, renderedChecksum]),
      ),
    };
  });
  const [first] = renderings;
  const telling = [...(first?.sums ?? [])]
    .filter(([script, sum]) => renderings.some(({ sums }) => sums.get(script) !== sum))
    .map(([script]) => script);
  if (telling.length === 0) return first?.mode ?? null;
  return (
    renderings.find(({ sums }) => telling.every((script) => sums.get(script) === standing[script]))?.mode ??
    null
  );
}
