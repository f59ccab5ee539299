/** Maps a byte offset in the UTF-8 form of `text` (what the parser counts in) to an index into `text`. */
export function byteOffsets(text: string): (byte: number) => number {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return (byte) => Math.min(byte, bytes);
  const map = new Uint32Array(bytes + 1);
  let at = 0;
  for (let index = 0; index < text.length;) {
    const point = text.codePointAt(index) ?? 0;
    const width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (const next = at + width; at < next; at += 1) map[at] = index;
    index += point > 0xffff ? 2 : 1;
  }
  map[bytes] = text.length;
  return (byte) => map[Math.min(byte, bytes)] ?? text.length;
}

/** Maps a count of code points (what the parser's errors are placed by) to an index into `text`. */
export function pointOffset(text: string, points: number): number {
  let index = 0;
  for (let left = points; left > 0 && index < text.length; left -= 1) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}

/** Gives line numbers, counted from 1, for offsets that are asked for in ascending order. */
export function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let next = text.indexOf('\n');
  return (offset) => {
    while (next !== -1 && next < offset) {
      line += 1;
      next = text.indexOf('\n', next + 1);
    }
    return line;
  };
}
