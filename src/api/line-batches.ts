import { isUtf8 } from 'node:buffer';

/** Whole lines, fit for COPY with the control characters 1 and 2 as quote and delimiter. */
export interface LineBatch {
  readonly content: Buffer;
  readonly lines: number;
  /** Lines of no characters at all. */
  readonly blank: number;
}

/** Large enough to make a transaction cheap, small enough to keep memory and locks short. */
const BATCH_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Cuts a stream into batches of whole lines. What COPY would stumble over (other bytes than UTF-8, control characters,
 * a line of `\.`) is replaced so that the line stays malformed JSON: it is rejected by its number, and the others go in.
 */
export async function* readBatches(
  source: AsyncIterable<Buffer>,
  batchBytes = BATCH_BYTES,
): AsyncGenerator<LineBatch> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size < batchBytes) continue;
    const all = Buffer.concat(parts);
    const end = all.lastIndexOf(NEWLINE) + 1;
    if (end > 0) yield toBatch(all.subarray(0, end));
    parts = [all.subarray(end)];
    size = all.length - end;
  }
  const rest = Buffer.concat(parts);
  if (rest.length > 0)
    yield toBatch(rest.at(-1) === NEWLINE ? rest : Buffer.concat([rest, Buffer.from('\n')]));
}

function toBatch(raw: Buffer): LineBatch {
  const content = isOrdinary(raw) ? raw : mend(raw);
  let lines = 0;
  let blank = 0;
  for (let start = 0, end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, start)) {
    lines += 1;
    if (end === start) blank += 1;
    start = end + 1;
  }
  return { content, lines, blank };
}

const isOrdinary = (raw: Buffer): boolean =>
  isUtf8(raw) && ![0x00, 0x01, 0x02, 0x0d].some((byte) => raw.includes(byte)) && !raw.includes('\\.');

/** No JSON holds this character unescaped. */
const MARK = '\u001f';

function mend(raw: Buffer): Buffer {
  const lines: string[] = [];
  for (let start = 0, end = raw.indexOf(NEWLINE); end >= 0; end = raw.indexOf(NEWLINE, start)) {
    lines.push(mendLine(raw.subarray(start, end)));
    start = end + 1;
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

function mendLine(raw: Buffer): string {
  const text = (isUtf8(raw) ? '' : MARK) + raw.toString('utf8').replace(/\r$/, '');
  if (text === '\\.') return `${MARK}\\.`;
  return text.replace(/[\u0000\u0001\u0002\r]/g, MARK);
}
