import { textLike, textsFor } from './pattern.js';

/** What the definition of a CHECK names: values, bounds, lengths, patterns. */
export interface Hints {
  readonly texts: readonly string[];
  readonly patterns: readonly string[];
  readonly likes: readonly string[];
  readonly numbers: readonly number[];
  /** The numbers are about a length. */
  readonly isLength: boolean;
  /** A list of allowed values, or one. */
  readonly isList: boolean;
}

const LITERAL = /(!?~~?\*?)?\s*\(?'((?:[^']|'')*)'/g;

/**
 * Hints from the text of CHECKs, as the server writes it. They only order candidates: what a CHECK accepts the server
 * says.
 */
export function hintsOf(checks: readonly string[]): Hints {
  const found = checks.flatMap((check) =>
    [...check.matchAll(LITERAL)].map(([, operator = '', text = '']) => ({
      operator,
      text: text.replaceAll(`''`, `'`),
    })),
  );
  const bare = checks.map((check) => check.replaceAll(LITERAL, ' '));
  const plain = found.filter(({ operator }) => operator === '').map(({ text }) => text);
  return {
    texts: plain,
    patterns: found.filter(({ operator }) => /^~\*?$/.test(operator)).map(({ text }) => text),
    likes: found.filter(({ operator }) => /^~~\*?$/.test(operator)).map(({ text }) => text),
    numbers: [
      ...new Set([
        ...bare.flatMap((check) => [...check.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g)].map(Number)),
        ...plain.filter((text) => /^-?\d+(?:\.\d+)?$/.test(text)).map(Number),
      ]),
    ],
    isLength: checks.some((check) => /length\(|cardinality\(/.test(check)),
    isList: checks.some((check) => /= ANY|= '/.test(check)),
  };
}

/** Lengths that the CHECKs speak of, and those beside them. */
export const lengthsOf = ({ isLength, numbers }: Hints): number[] =>
  isLength
    ? numbers.filter((n) => n >= 0 && n <= 10_000).flatMap((n) => [n, n - 1, n + 1].filter((m) => m >= 0))
    : [];

/** Texts to try before and after the token itself. */
export function textsFrom(
  hints: Hints,
  token: string,
): { readonly first: string[]; readonly later: string[] } {
  const matching = [
    ...hints.patterns.flatMap((pattern) => textsFor(pattern, token)),
    ...hints.likes.map((pattern) => textLike(pattern, token)),
  ];
  const sized = lengthsOf(hints).map((n) => token.slice(-Math.max(n, 1)).padStart(n, 'f').slice(0, n));
  const listed = hints.texts.filter((text) => text !== '');
  const variants = [
    token.toUpperCase(),
    `${token}@example.org`,
    `https://${token}.example.org/`,
    '1',
    'a',
    '',
  ];
  return {
    first: [...(hints.isList ? listed : []), ...matching],
    later: [...sized, ...(hints.isList ? [] : listed), ...variants],
  };
}
