import { describe, expect, it } from 'vitest';
import { generate, type GenerateResult } from '../../../src/index.js';
import { parseSql } from '../../../src/render/sql.js';

const generateHr = (variables: Readonly<Record<string, string>>): Promise<GenerateResult> =>
  generate({ departmentId: 'hr', department: "Human Resources & O'Brien", variables, controlPlane: true });

/** Without the version of fedgen, which changes with every release. */
const withoutVersion = (content: string): string =>
  content.replace(/"generator": "fedgen [^"]+"/, '"generator": "fedgen"');

describe.each(['array', 'vector'])('the federation pack with embeddings as %s', (storage) => {
  it('renders for department hr to its goldens', async () => {
    const { files } = await generateHr({ embedding_storage: storage });
    expect(files.map((file) => file.name)).toEqual([
      'control_plane.sql',
      'control_plane.rollback.sql',
      'schema_hr_tenant.sql',
      'schema_hr_tenant.rollback.sql',
      'rls_policies_hr.sql',
      'rls_policies_hr.rollback.sql',
      'manifest_hr.json',
    ]);
    // The control plane is the same for both.
    for (const { name, content } of files.filter((file) => storage === 'array' || file.name.includes('hr'))) {
      await expect(withoutVersion(content)).toMatchFileSnapshot(`../../golden/sql/${storage}/${name}`);
    }
  });

  it('renders to the same bytes each time', async () => {
    const [one, two] = [
      await generateHr({ embedding_storage: storage }),
      await generateHr({ embedding_storage: storage }),
    ];
    expect(one.files).toEqual(two.files);
  });

  it('renders to SQL that the grammar reads', async () => {
    const { files } = await generateHr({ embedding_storage: storage });
    for (const { content } of files.filter((file) => file.name.endsWith('.sql'))) {
      expect(parseSql(content).length).toBeGreaterThan(5);
    }
  });
});

it('a department’s name reaches SQL as a literal whatever it is', async () => {
  const department = `$$ '; drop schema public; -- " \\ $fn$`;
  const { files } = await generate({ departmentId: 'hr', department });
  const schema = files.find((file) => file.name === 'schema_hr_tenant.sql')?.content ?? '';
  expect(schema).toContain(`E'\\x24\\x24 ''; drop schema public; -- " \\\\ \\x24fn\\x24'`);
  expect(schema).not.toContain(`$$ '`);
});
