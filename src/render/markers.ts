/**
 * Where each line of rendered SQL came from. Nunjucks keeps no source map, so template lines that produce output get
 * invisible markers before rendering; markers travel through loops, macros and includes, and are taken out again
 * afterwards.
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

/** The files that markers stand for, by their number. */
export type MarkedFiles = Readonly<Record<number, string>>;

/** Adds markers to a template's source. `index` identifies the file in {@link takeMarkers}. */
export function addMarkers(source: string, index: number): string {
  let marked = '';
  let from = 0;
  for (const { at, line } of markerPlaces(source)) {
    marked += `${source.slice(from, at)}${OPEN}${index.toString(36)}:${line.toString(36)}${CLOSE}`;
    from = at;
  }
  return marked + source.slice(from);
}

type Mode = 'text' | 'expression' | 'block' | 'comment' | 'raw';
type Tag = Exclude<Mode, 'text' | 'raw'>;
const CLOSING: Readonly<Record<Tag, string>> = { expression: '}}', block: '%}', comment: '#}' };
const OPENING: Readonly<Record<string, Tag>> = { '{{': 'expression', '{%': 'block', '{#': 'comment' };
const END_OF_RAW = /\{%\s*end(?:raw|verbatim)\s*%\}/y;
/** Strings and regular expressions inside a tag; what looks like the tag's end in them is none. */
const QUOTED = /'(?:[^'\\]|\\[^])*(?:'|$)|"(?:[^"\\]|\\[^])*(?:"|$)|(?<![\w$])r\/(?:[^/\\]|\\[^])*(?:\/|$)/y;

/**
 * A marker stands right after the last visible text, or `{{ … }}`, of a line and of each stretch of text before a
 * `{{ … }}` or `{% … %}`, which may render to lines of their own. Nowhere else would whitespace control (trimBlocks, lstripBlocks, `{%-`, `-}}`) still see the same text.
 */
function markerPlaces(source: string): { at: number; line: number }[] {
  const places: { at: number; line: number }[] = [];
  let mode: Mode = 'text';
  let line = 1;
  let tagStart = 0;
  let visibleEnd: number | undefined;
  const flush = (): void => {
    if (visibleEnd !== undefined) places.push({ at: visibleEnd, line });
    visibleEnd = undefined;
  };
  for (let at = 0; at < source.length; at += 1) {
    const isText: boolean = mode === 'text' || mode === 'raw';
    const opened: Tag | undefined =
      mode === 'text'
        ? OPENING[source.slice(at, at + 2)]
        : mode === 'raw' && matchAt(END_OF_RAW, source, at) > 0
          ? 'block'
          : undefined;
    if (source[at] === '\n') {
      flush();
      line += 1;
    } else if (opened) {
      if (opened !== 'comment') flush();
      mode = opened;
      tagStart = at;
      at += 1;
    } else if (isText) {
      if (/\S/.test(source[at] ?? '')) visibleEnd = at + 1;
    } else if (source.startsWith(CLOSING[mode as Tag], at)) {
      if (mode === 'expression' && source[at - 1] !== '-') visibleEnd = at + 2;
      mode =
        mode === 'block' && /^\{%-?\s*(?:raw|verbatim)\b/.test(source.slice(tagStart, at)) ? 'raw' : 'text';
      at += 1;
    } else if (mode !== 'comment') {
      const end = at + Math.max(matchAt(QUOTED, source, at), 1);
      line += source.slice(at, end).split('\n').length - 1;
      at = end - 1;
    }
  }
  flush();
  return places;
}

/** Length of the match that starts at an index; 0 when there is none. */
function matchAt(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0].length ?? 0;
}

/**
 * Removes the markers from rendered text and answers where each of its lines came from.
 * @param own index of the rendered template itself: where lines are from when no marker is left.
 */
export function takeMarkers(
  marked: string,
  files: MarkedFiles,
  own = 0,
): { text: string; sourceMap: SourceMap } {
  // Worked out when the first error asks: most renderings have none.
  let found: ReturnType<typeof lastMarker>[] | undefined;
  const sourceMap: SourceMap = (renderedLine) => {
    found ??= marked.split('\n').map(lastMarker);
    const place =
      found[renderedLine - 1] ??
      found.slice(renderedLine).find((entry) => entry) ??
      found.findLast((entry) => entry);
    return { file: files[place?.file ?? own] ?? '', line: place?.line ?? 1 };
  };
  return { text: withoutMarkers(marked), sourceMap };
}

/** What a replace by a regular expression gives, in half the time. */
function withoutMarkers(marked: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let open = marked.indexOf(OPEN); open !== -1; open = marked.indexOf(OPEN, from)) {
    const close = marked.indexOf(CLOSE, open);
    if (close === -1) break;
    pieces.push(marked.slice(from, open));
    from = close + 1;
  }
  return pieces.join('') + marked.slice(from);
}

/** The template location of an index into rendered text that still has its markers: the first marker after it. */
export function markedLocation(
  marked: string,
  index: number,
  files: MarkedFiles,
): TemplateLocation | undefined {
  const [next] = marked.slice(index).matchAll(MARKER);
  const place = next && readMarker(next);
  return place && { file: files[place.file] ?? '', line: place.line };
}

const lastMarker = (line: string): { file: number; line: number } | undefined => {
  const last = [...line.matchAll(MARKER)].at(-1);
  return last && readMarker(last);
};

const readMarker = (match: RegExpExecArray): { file: number; line: number } => ({
  file: Number.parseInt(match[1] ?? '', 36),
  line: Number.parseInt(match[2] ?? '', 36),
});
