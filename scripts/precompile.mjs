// Works out beforehand what the texts that come with fedgen lead to, so that commands start faster:
// pack.yaml parsed and checked, templates compiled and checked, scripts rendered and read. src/packs/known.ts says how it is used.
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTROL_PLANE, listBuiltInPacks, loadControlPlane, loadPack } from '../dist/packs/load.js';
import { ROOT, readText } from '../dist/packs/files.js';
import { textKey } from '../dist/packs/known.js';
import { parseManifest } from '../dist/packs/manifest.js';
import { planControlPlane, planTarget } from '../dist/plan/target.js';
import { compileTemplate, templateKey } from '../dist/render/compiled.js';
import { createTemplateRenderer } from '../dist/render/environment.js';
import { CLICKHOUSE } from '../dist/render/clickhouse/dialect.js';
import { createRenderer, templateContext } from '../dist/render/render.js';
import { loadSqlParser } from '../dist/render/sql.js';

/** How values are quoted, where not as for PostgreSQL. */
const DIALECTS = { clickhouse: CLICKHOUSE };

const target = new URL('../dist/known.json', import.meta.url);
await rm(target, { force: true });

const known = { manifests: {}, templates: {}, judged: [], read: {} };
const judged = new Set();
const read = new Map();
await loadSqlParser();
const names = await listBuiltInPacks();
for (const name of names) {
  const text = readText(path.join(ROOT, 'templates', name, 'pack.yaml'));
  const result = parseManifest(text);
  if (!('manifest' in result)) throw new Error(`${name}/pack.yaml: ${result.problems.join('; ')}`);
  known.manifests[textKey(text)] = result.manifest;
}
for (const pack of [await loadControlPlane(), ...(await Promise.all(names.map((name) => loadPack(name))))]) {
  for (const [name, { source }] of pack.templates) {
    known.templates[templateKey(name, source)] = compileTemplate(name, source);
  }
  await renderOnce(pack);
}
known.judged = [...judged].sort();
known.read = Object.fromEntries([...read].sort());
await writeFile(target, JSON.stringify(known));

/** Renders with the default variables, so that every value of an ordinary target is known to stand in its place. */
async function renderOnce(pack) {
  const sample = { id: 'sample', name: 'Sample' };
  const plan =
    pack.name === CONTROL_PLANE
      ? planControlPlane(pack, '')
      : planTarget(pack, sample, { rolePrefix: '', variables: {} });
  const render = createTemplateRenderer(pack.templates, undefined, judged, DIALECTS[pack.engine]);
  for (const { template, down } of pack.scripts) {
    for (const each of [template, down]) if (each) render(each, templateContext(plan));
  }
  if (pack.engine === 'postgres') (await createRenderer(pack, read)).runnable(plan);
}
