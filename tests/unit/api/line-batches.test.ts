import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES, readBatches, type LineBatch } from '../../../src/api/line-batches.js';

const OPENING_BYTES = 19;

async function batchesOf(chunks: readonly (string | Buffer)[], batchBytes?: number): Promise<LineBatch[]> {
  const batches: LineBatch[] = [];
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk as string)));
  for await (const batch of readBatches(source, batchBytes)) batches.push(batch);
  return batches;
}

/** Reads back what the server would: the lines, null for blank ones. */
function linesOf({ content }: LineBatch): (string | null)[] {
  expect(content.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0');
  const lines: (string | null)[] = [];
  let at = OPENING_BYTES;
  while (content.readInt16BE(at) === 1) {
    const length = content.readInt32BE(at + 2);
    at += 6;
    lines.push(length === -1 ? null : content.toString('utf8', at, at + length));
    at += Math.max(length, 0);
  }
  expect(content.readInt16BE(at)).toBe(-1);
  expect(content.length).toBe(at + 2);
  return lines;
}

describe('lines for COPY', () => {
  it('are the lines as they came, blank ones null, the last with or without its end', async () => {
    const [batch, ...others] = await batchesOf(['{"a":1}\n', '\n{"b"', ':"ä\\."}\r\n\r\nlast']);
    expect(others).toEqual([]);
    expect(batch && linesOf(batch)).toEqual(['{"a":1}', null, '{"b":"ä\\."}', null, 'last']);
    expect(batch).toMatchObject({ lines: 5, blank: 2 });
    expect(await batchesOf(['a\n'])).toEqual(await batchesOf(['a']));
  });

  it('are one batch without lines where there is nothing', async () => {
    for (const chunks of [[], ['']]) expect(await batchesOf(chunks)).toMatchObject([{ lines: 0, blank: 0 }]);
    expect((await batchesOf(['a\n', ''])).map(linesOf)).toEqual([['a']]);
  });

  it('that are no text are marked, so that no JSON becomes of them, and the others are left alone', async () => {
    const [batch] = await batchesOf([Buffer.from([0x22, 0xff, 0x22, 0x0a]), '"\0"\n"ok"\n']);
    expect(batch && linesOf(batch)).toEqual(['\u001f"\ufffd"', '"\u001f"', '"ok"']);
  });

  it.each([1, 2])(
    'keep the beginning of a line that is too long, once marked, in %i chunks',
    async (chunks) => {
      const long = Buffer.concat([Buffer.alloc(LINE_BYTES + 3_000_000, 'x'), Buffer.from('\nlast')]);
      const half = Math.ceil(long.length / chunks);
      const source = [Buffer.from('a\n'), long.subarray(0, half), long.subarray(half)];
      const lines = (await batchesOf(source)).flatMap(linesOf);
      expect(lines.map((line) => line?.length)).toEqual([1, LINE_BYTES + 1, 4]);
      expect(lines[1]?.endsWith('x\u001f')).toBe(true);
      const whole = Buffer.concat([Buffer.alloc(LINE_BYTES, 'y'), Buffer.from('\nlast')]);
      expect((await batchesOf([whole])).flatMap(linesOf)).toEqual(['y'.repeat(LINE_BYTES), 'last']);
    },
  );

  it('come in batches of whole lines', async () => {
    const batches = await batchesOf(['aaaa\nbb', 'bb\ncccc', 'cccccccc\nd'], 6);
    expect(batches.map(linesOf)).toEqual([['aaaa'], ['bbbb'], ['cccccccccccc'], ['d']]);
    const one = await batchesOf(['a\nbb\nccccccc\nd\n\ne\nf\ng'], 6);
    expect(one.map(linesOf)).toEqual([['a', 'bb'], ['ccccccc'], ['d', null, 'e'], ['f', 'g']]);
  });

  it('are the same whatever the chunks and batches are', async () => {
    const chunk = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk), fc.integer({ min: 1, max: 10 }), async (chunks, size) => {
        const lines = chunks.join('').split('\n');
        if (lines.at(-1) === '') lines.pop();
        const batches = await batchesOf(chunks, size);
        expect(batches.flatMap(linesOf)).toEqual(lines.map((line) => line || null));
        for (const batch of batches) expect(linesOf(batch).slice(0, -1).join('\n').length).toBeLessThan(size);
      }),
    );
  });
});
