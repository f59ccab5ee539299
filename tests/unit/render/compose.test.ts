import { describe, expect, it } from 'vitest';
import { composeFiles } from '../../../src/render/compose.js';
import { createRenderer } from '../../../src/render/render.js';
import { parseSql } from '../../../src/render/sql.js';
import { makePack, planHr } from '../fixtures.js';

const PACK = makePack(
  {
    '0001_a.sql.njk': 'create table a (id int);\n',
    '0002_b.sql.njk': 'drop table old;\n',
    '0003_c.sql.njk': 'create role r;\n',
  },
  {
    directives: {
      '0002_b': { irreversible: 'it was empty' },
      '0003_c': { section: 'rls', runAs: 'provisioner' },
    },
  },
);

async function compose(names: { schema: string; rls?: string }): Promise<Map<string, string>> {
  const plan = planHr(PACK);
  const files = composeFiles(plan, (await createRenderer(PACK)).render(plan), names);
  return new Map(files.map(({ name, content }) => [name, content]));
}

describe('the files of a target', () => {
  it('are one per section, each followed by its rollback', async () => {
    expect([...(await compose({ schema: 's.sql', rls: 'r.sql' })).keys()]).toEqual([
      's.sql',
      's.rollback.sql',
      'r.sql',
      'r.rollback.sql',
    ]);
    expect([...(await compose({ schema: 's.sql' })).keys()]).toEqual(['s.sql', 's.rollback.sql']);
  });

  it('hold every script once, in the order of its section, and backwards in the rollback', async () => {
    const files = await compose({ schema: 's.sql', rls: 'r.sql' });
    const titles = (name: string): string[] => (files.get(name) ?? '').match(/^-- .*shop\/\d+_\w+/gm) ?? [];
    expect(titles('s.sql')).toEqual(['-- shop/0001_a', '-- shop/0002_b']);
    expect(titles('r.sql')).toEqual(['-- shop/0003_c']);
    expect(titles('s.rollback.sql')).toEqual(['-- rollback of shop/0002_b', '-- rollback of shop/0001_a']);
  });

  it('run each script with its search_path and as its role, and leave neither behind', async () => {
    const files = await compose({ schema: 's.sql', rls: 'r.sql' });
    expect(files.get('s.sql')).toContain(
      'set search_path = "hr_tenant";\nset role "federation_owner";\n\ncreate table a (id int);\n\nreset role;\nreset search_path;\n',
    );
    expect(files.get('r.sql')).toContain('set search_path = "hr_tenant";\n\ncreate role r;\n\nreset role;');
  });

  it('write the ledger, and take back only what they undo', async () => {
    const files = await compose({ schema: 's.sql' });
    expect(files.get('s.sql')?.match(/insert into federation\.schema_migrations/g)).toHaveLength(3);
    const down = files.get('s.rollback.sql') ?? '';
    expect(down.match(/update federation\.schema_migrations/g)).toHaveLength(2);
    expect(down).toContain('-- irreversible: it was empty');
  });

  it('are SQL throughout', async () => {
    for (const content of (await compose({ schema: 's.sql', rls: 'r.sql' })).values()) {
      expect(parseSql(content).length).toBeGreaterThan(3);
    }
  });
});
