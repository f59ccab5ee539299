import { describe, expect, it } from 'vitest';
import { defaultSettings, generate, type GenerateResult } from '../../../src/index.js';
import { parseSql } from '../../../src/render/sql.js';

/** Without the version of fedgen, which changes with every release. */
const withoutVersion = (content: string): string =>
  content.replace(/"generator": "fedgen [^"]+"/, '"generator": "fedgen"');

describe.each(['shop', 'bi', 'csuite'])('the pack %s', (pack) => {
  const generatePack = (): Promise<GenerateResult> => generate({ settings: defaultSettings({ pack }) });

  it('renders to its goldens', async () => {
    const { files } = await generatePack();
    expect(files.map(({ name }) => name)).toEqual([
      `schema_${pack}.sql`,
      `schema_${pack}.rollback.sql`,
      `rls_policies_pack-${pack}.sql`,
      `rls_policies_pack-${pack}.rollback.sql`,
      `manifest_pack-${pack}.json`,
    ]);
    for (const { name, content } of files)
      await expect(withoutVersion(content)).toMatchFileSnapshot(`../../golden/sql/${pack}/${name}`);
  });

  it('renders to the same bytes each time, and to SQL that the grammar reads', async () => {
    const { files } = await generatePack();
    expect((await generatePack()).files).toEqual(files);
    const scripts = files.filter(({ name }) => name.endsWith('.sql'));
    for (const { content } of scripts) expect(parseSql(content).length).toBeGreaterThan(5);
  });
});
