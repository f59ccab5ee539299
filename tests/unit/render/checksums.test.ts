import { describe, expect, it } from 'vitest';
import type { Pack } from '../../../src/packs/pack.js';
import { createRenderer, type RenderedScript } from '../../../src/render/render.js';
import { makePack, planHr } from '../fixtures.js';

const SCRIPTS = {
  '0001_create.sql.njk': '{% from "lib" import t %}\ncreate table {{ t(target, vars.name) }} (id int);\n',
  '0002_other.sql.njk': 'create table u (id int);\n',
};
const LIB = '{% macro t(target, name) %}{{ name | qualified(target.schema) }}{% endmacro %}';

async function renderPack(pack: Pack, name = 'a'): Promise<RenderedScript[]> {
  return (await createRenderer(pack)).render(
    planHr({ ...pack, variables: { name: { type: 'string', default: '' } } }, { name }),
  );
}
const packWith = (lib: string, scripts: Readonly<Record<string, string>> = SCRIPTS): Pack =>
  makePack(scripts, { macros: { lib } });
const sums = (scripts: readonly RenderedScript[], which: 'templateChecksum' | 'renderedChecksum'): string[] =>
  scripts.map((script) => script[which]);

describe('checksums', () => {
  it('are the same for the same input', async () => {
    const [one, two] = [await renderPack(packWith(LIB)), await renderPack(packWith(LIB))];
    expect(sums(one, 'templateChecksum')).toEqual(sums(two, 'templateChecksum'));
    expect(sums(one, 'renderedChecksum')).toEqual(sums(two, 'renderedChecksum'));
    expect(one.map(({ up }) => up.sql)).toEqual(two.map(({ up }) => up.sql));
    for (const sum of sums(one, 'templateChecksum')) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of the template change with the template, of that script only', async () => {
    const before = sums(await renderPack(packWith(LIB)), 'templateChecksum');
    const edited = { ...SCRIPTS, '0002_other.sql.njk': 'create table u (id int); ' };
    const after = sums(await renderPack(packWith(LIB, edited)), 'templateChecksum');
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it('of the template change with a macro file that it imports, and with no other', async () => {
    const before = sums(await renderPack(packWith(LIB)), 'templateChecksum');
    const after = sums(await renderPack(packWith(`${LIB}{# more #}`)), 'templateChecksum');
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  it('of the SQL change with the values, those of the template do not', async () => {
    const [one, two] = [await renderPack(packWith(LIB), 'a'), await renderPack(packWith(LIB), 'b')];
    expect(sums(one, 'templateChecksum')).toEqual(sums(two, 'templateChecksum'));
    expect(two[0]?.renderedChecksum).not.toBe(one[0]?.renderedChecksum);
    expect(two[1]?.renderedChecksum).toBe(one[1]?.renderedChecksum);
  });

  it('of the SQL stay when the template changes nothing of it', async () => {
    const edited = { ...SCRIPTS, '0002_other.sql.njk': '{# why #}create table u (id int);\n' };
    const after = await renderPack(packWith(LIB, edited));
    const before = await renderPack(packWith(LIB));
    expect(after[1]?.renderedChecksum).toBe(before[1]?.renderedChecksum);
  });
});
