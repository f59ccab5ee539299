import { LAYERS } from '../../src/validate/model.js';
import type { Outcome } from './model.js';

/** The outcomes of all versions as text: counts by version and layer, then the names of what went wrong. */
export function summarise(outcomes: readonly Outcome[]): string {
  const versions = [...new Set(outcomes.map(({ version }) => version))].sort();
  const rows = versions.map((version) =>
    rowOf(
      String(version),
      outcomes.filter((each) => each.version === version),
    ),
  );
  const columns = [
    'version',
    'breaking',
    'caught',
    'missed',
    ...LAYERS,
    'refused',
    'only this layer',
    'harmless',
    'false alarms',
  ];
  const faults = outcomes.filter(isFault).map(tellFault);
  return [table([columns, ...rows]), ...(faults.length === 0 ? [] : ['', ...faults])].join('\n');
}

/** Missed or a false alarm. */
export const isFault = ({ result }: Outcome): boolean => result === 'missed' || result === 'alarmed';

function rowOf(name: string, outcomes: readonly Outcome[]): string[] {
  const breaking = outcomes.filter(({ kind }) => kind === 'breaking');
  const harmless = outcomes.filter(({ kind }) => kind === 'harmless');
  const caught = breaking.filter(({ result }) => result === 'caught');
  const alone = LAYERS.map((layer) => {
    const only = caught.filter(({ layers }) => layers.length === 1 && layers[0] === layer);
    return `${layer} ${only.length}`;
  });
  return [
    name,
    String(breaking.length),
    String(caught.length),
    String(breaking.length - caught.length),
    ...[...LAYERS, 'refused' as const].map((layer) =>
      String(caught.filter(({ layers }) => layers.includes(layer)).length),
    ),
    alone.join(', '),
    String(harmless.length),
    String(harmless.filter(isFault).length),
  ];
}

const tellFault = ({ version, area, id, result, details }: Outcome): string =>
  [
    `${result === 'missed' ? 'MISSED' : 'FALSE ALARM'} ${version} ${area}/${id}`,
    ...details.slice(0, 6).map((line) => `    ${line.slice(0, 400)}`),
  ].join('\n');

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
