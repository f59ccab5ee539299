import type { LedgerRow } from '../../../src/apply/ledger.js';
import { createRenderer, type RenderedScript } from '../../../src/render/render.js';
import { makePack, planHr } from '../fixtures.js';

/** Renders scripts 1 to n that create one table each; `irreversible` has no way back, `others` say something else. */
export async function renderScripts(
  count: number,
  options: { readonly irreversible?: readonly number[]; readonly numbers?: readonly number[] } = {},
): Promise<RenderedScript[]> {
  const numbers = options.numbers ?? Array.from({ length: count }, (_, index) => index + 1);
  const names = numbers.map((number) => `${String(number).padStart(4, '0')}_create_t${number}`);
  const pack = makePack(
    Object.fromEntries(
      names.map((name, at) => [`${name}.sql.njk`, `create table t${numbers[at] ?? 0} (id int);\n`]),
    ),
    {
      directives: Object.fromEntries(
        (options.irreversible ?? []).map((number) => [
          `${String(number).padStart(4, '0')}_create_t${number}`,
          { irreversible: `reason ${number}` },
        ]),
      ),
    },
  );
  return (await createRenderer(pack)).render(planHr(pack));
}

/** The ledger row of a script that stands as it is. */
export const rowOf = (script: RenderedScript, changes: Partial<LedgerRow> = {}): LedgerRow => ({
  id: `row-${script.source.number}`,
  target: 'hr',
  pack: script.source.pack,
  script: script.source.name,
  number: script.source.number,
  templateChecksum: script.templateChecksum,
  renderedChecksum: script.renderedChecksum,
  state: 'applied',
  appliedBy: 'deploy',
  appliedAt: new Date('2026-01-05T09:30:00Z'),
  runId: null,
  statementsDone: 1,
  durationMs: 12,
  rolledBackAt: undefined,
  rolledBackBy: undefined,
  ...changes,
});
