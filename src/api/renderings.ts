import type { GeneratedFile } from '../render/compose.js';
import type { Pack } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import { createTemplateRenderer } from '../render/environment.js';
import { templateContext } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';

/** What cannot be found out without the other engine; said wherever its files are written. */
export const UNVERIFIED =
  'Not verified: these files were checked without a server. Names, privileges, types and the bodies of procedures are only known to be right once they have run.';

/**
 * The files of a pack for another engine, in the order in which they are run: its templates `<engine>/NN_name.sql.njk`. They
 * are output only: fedgen applies, rolls back and validates PostgreSQL.
 * @throws FedgenError E_USAGE for an engine that the pack has no files for; E_TEMPLATE_INVALID.
 */
export function renderEngine(pack: Pack, plan: TargetPlan, engine: string): GeneratedFile[] {
  const files = renderTemplates(pack, plan, (name) =>
    new RegExp(`^[^/]+/${engine}/\\d\\d_[^/]+\\.sql\\.njk$`).test(name),
  );
  if (files.length > 0) return files;
  throw new FedgenError('E_USAGE', `pack ${pack.name} has no files for ${engine}`, {
    hint: 'Leave --engine out: every pack has files for postgres.',
    details: { pack: pack.name, engine },
  });
}

/** What a pack documents for programs: its templates `<name>.json.njk`, such as the contract of an event. */
export const renderDocuments = (pack: Pack, plan: TargetPlan): GeneratedFile[] =>
  renderTemplates(pack, plan, (name) => /^[^/]+\/[^/]+\.json\.njk$/.test(name) && !name.startsWith('_'));

function renderTemplates(pack: Pack, plan: TargetPlan, isWanted: (name: string) => boolean): GeneratedFile[] {
  const render = createTemplateRenderer(pack.templates, pack.known);
  const context = templateContext(plan);
  return [...pack.templates]
    .filter(([name]) => isWanted(name))
    .map(([name, { file }]) => ({
      name: (name.split('/').at(-1) ?? name).replace(/\.njk$/, ''),
      content: `${render({ name, file }, context).text.trimEnd()}\n`,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
