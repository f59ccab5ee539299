/**
 * Where each line of rendered SQL came from. Nunjucks keeps no source map, so every template line that can
 * produce output gets an invisible marker at its end before rendering; markers travel through loops, macros
 * and includes, and are taken out again afterwards.
 */
const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARKER = /\uE000([0-9a-z]+):([0-9a-z]+)\uE001/g;

/** A place in a template. Lines count from 1. */
export interface TemplateLocation {
  readonly file: string;
  readonly line: number;
}

/** The template location of a line of rendered text (both counted from 1). */
export type SourceMap = (renderedLine: number) => TemplateLocation;

/** Adds markers to a template's source. `index` identifies the file in {@link takeMarkers}. */
export function addMarkers(source: string, index: number): string {
  const lines = source.split('\n');
  const ends = markableLines(source);
  return lines
    .map((line, at) =>
      ends[at] ? `${line}${OPEN}${index.toString(36)}:${(at + 1).toString(36)}${CLOSE}` : line,
    )
    .join('\n');
}

type Mode = 'text' | 'expression' | 'block' | 'comment' | 'raw';
const CLOSING: Readonly<Record<'expression' | 'block' | 'comment', string>> = {
  expression: '}}',
  block: '%}',
  comment: '#}',
};
const OPENING: Readonly<Record<string, 'expression' | 'block' | 'comment'>> = {
  '{{': 'expression',
  '{%': 'block',
  '{#': 'comment',
};

/**
 * For each line: may a marker stand at its end? Not inside a tag, and not right after a tag whose own
 * whitespace rules (trimBlocks, `-}}`) would then see the marker instead of the line break.
 */
function markableLines(source: string): boolean[] {
  const result: boolean[] = [];
  let mode: Mode = 'text';
  let quote = '';
  let tagStart = 0;
  for (let at = 0; at <= source.length; at += 1) {
    const char = source[at];
    if (char === '\n' || char === undefined) {
      result.push(mode === 'text' && !/(?:[%#]|-\})\}$/.test(source.slice(Math.max(0, at - 3), at)));
    } else if (mode === 'text') {
      const opened = OPENING[source.slice(at, at + 2)];
      if (opened) {
        mode = opened;
        tagStart = at;
        at += 1;
      }
    } else if (mode === 'raw') {
      if (/^\{%-?\s*end(?:raw|verbatim)/.test(source.slice(at, at + 16))) mode = 'block';
    } else if (quote) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (mode !== 'comment' && (char === '"' || char === "'")) {
      quote = char;
    } else if (source.startsWith(CLOSING[mode], at)) {
      const isRaw: boolean =
        mode === 'block' && /^\{%-?\s*(?:raw|verbatim)\b/.test(source.slice(tagStart, at));
      mode = isRaw ? 'raw' : 'text';
      at += 1;
    }
  }
  return result;
}

/** Removes the markers from rendered text and answers where each of its lines came from. */
export function takeMarkers(
  marked: string,
  files: readonly string[],
): { text: string; sourceMap: SourceMap } {
  const found = marked.split('\n').map((line) => {
    const last = [...line.matchAll(MARKER)].at(-1);
    return last && { file: Number.parseInt(last[1] ?? '', 36), line: Number.parseInt(last[2] ?? '', 36) };
  });
  const sourceMap: SourceMap = (renderedLine) => {
    const own = found[renderedLine - 1];
    const place = own ?? found.slice(renderedLine).find((entry) => entry) ?? found.findLast((entry) => entry);
    return { file: files[place?.file ?? 0] ?? '', line: place?.line ?? 1 };
  };
  return { text: marked.replace(MARKER, ''), sourceMap };
}
