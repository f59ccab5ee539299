import { describe, expect, it } from 'vitest';
import { generateCode } from '../../../src/index.js';

const golden = (name: string): string => `../../golden/code/${name}`;

describe.each(['shop', 'bi', 'csuite', 'federation'])('the code of pack %s', (pack) => {
  it('has the types for Kysely', async () => {
    const { content } = await generateCode({ pack, kind: 'types' });
    await expect(content).toMatchFileSnapshot(golden(`${pack}.types.ts`));
  });

  it('has a schema for Prisma', async () => {
    const { content } = await generateCode({ pack, kind: 'prisma' });
    await expect(content).toMatchFileSnapshot(golden(`${pack}.prisma`));
  });
});
