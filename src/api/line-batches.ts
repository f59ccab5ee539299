import { isUtf8 } from 'node:buffer';

/** Whole lines, as a complete stream of COPY's binary format with one column; a blank line is null. */
export interface LineBatch {
  readonly content: Buffer;
  readonly lines: number;
  /** Lines of no characters at all. */
  readonly blank: number;
}

/** Large enough to make a transaction cheap, small enough for the 8 MB that a session has for temporary tables. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** What is kept of a line; the contract allows 1,000,000 bytes. */
export const LINE_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** No JSON holds this character unescaped. */
const MARK = '\u001f';

/** Signature, flags, and the length of a header extension. */
const OPENING = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** Number of columns, and length of the only one. */
const ROW_BYTES = 2 + 4;
const NULL_LENGTH = -1;

/**
 * Cuts a stream into batches of whole lines, longer than this only by their last line; there is at least one. What no
 * text of the server's can hold (other bytes than UTF-8, and zero) is replaced so that the line stays malformed JSON, and so is
 * what a line is longer than LINE_BYTES: it is rejected by its number, and the others go in.
 */
export async function* readBatches(
  source: AsyncIterable<Buffer>,
  batchBytes = BATCH_BYTES,
): AsyncGenerator<LineBatch> {
  let parts: Buffer[] = [];
  let size = 0;
  let isFirst = true;
  for await (const chunk of inPieces(source)) {
    let rest = chunk;
    for (let end = cut(rest, batchBytes - size); end > 0; end = cut(rest, batchBytes - size)) {
      yield toBatch(Buffer.concat([...parts, rest.subarray(0, end)]));
      isFirst = false;
      rest = rest.subarray(end);
      parts = [];
      size = 0;
    }
    if (rest.length > 0) parts.push(rest);
    size += rest.length;
  }
  if (size > 0 && parts.at(-1)?.at(-1) !== NEWLINE) parts.push(Buffer.from('\n'));
  if (size > 0 || isFirst) yield toBatch(Buffer.concat(parts));
}

/**
 * The same bytes in small pieces, and of a line that is too long the beginning alone, marked so that it is no JSON: neither
 * memory nor a value of the server's holds lines of any length.
 */
async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // Bytes of the line that has not ended yet.
  let open = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      const end = piece.indexOf(NEWLINE);
      const more = end < 0 ? piece.length : end;
      if (open + more <= LINE_BYTES) yield piece;
      else {
        if (open <= LINE_BYTES)
          yield Buffer.concat([piece.subarray(0, LINE_BYTES - open), Buffer.from(MARK)]);
        if (end >= 0) yield piece.subarray(end);
      }
      open = end < 0 ? open + piece.length : piece.length - piece.lastIndexOf(NEWLINE) - 1;
    }
  }
}

/** Where a batch ends that has room for so many bytes more; 0 where it does not end yet. */
function cut(chunk: Buffer, room: number): number {
  if (chunk.length < room) return 0;
  const end = room > 0 ? chunk.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
  return end > 0 ? end : chunk.indexOf(NEWLINE, Math.max(room, 0)) + 1;
}

function toBatch(raw: Buffer): LineBatch {
  const text = isText(raw) ? raw : mend(raw);
  const lines = countLines(text);
  const content = Buffer.allocUnsafe(OPENING.length + lines * ROW_BYTES + text.length + TRAILER.length);
  let at = OPENING.copy(content);
  let blank = 0;
  for (let start = 0, end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
    const length = (text[end - 1] === RETURN ? end - 1 : end) - start;
    at = content.writeInt16BE(1, at);
    at = content.writeInt32BE(length > 0 ? length : NULL_LENGTH, at);
    if (length > 0) at += text.copy(content, at, start, start + length);
    else blank += 1;
    start = end + 1;
  }
  at += TRAILER.copy(content, at);
  return { content: content.subarray(0, at), lines, blank };
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, end + 1)) lines += 1;
  return lines;
}

const isText = (raw: Buffer): boolean => isUtf8(raw) && !raw.includes(0);

function mend(raw: Buffer): Buffer {
  const lines: string[] = [];
  for (let start = 0, end = raw.indexOf(NEWLINE); end >= 0; end = raw.indexOf(NEWLINE, start)) {
    lines.push(mendLine(raw.subarray(start, end)));
    start = end + 1;
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

const mendLine = (raw: Buffer): string =>
  (isUtf8(raw) ? '' : MARK) + raw.toString('utf8').replaceAll('\0', MARK);
