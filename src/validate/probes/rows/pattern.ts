import { createHash } from 'node:crypto';

/** What of a regular expression is common to PostgreSQL's and everybody's: enough to write a text that it accepts. */
type Node =
  | { readonly kind: 'set'; readonly members: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

const range = (from: string, to: string): string => {
  const start = from.charCodeAt(0);
  const length = Math.max(0, to.charCodeAt(0) - start + 1);
  return Array.from({ length }, (_, n) => String.fromCharCode(start + n)).join('');
};
const DIGITS = range('0', '9');
const LOWER = range('a', 'z');
const UPPER = range('A', 'Z');
const PRINTABLE =
  LOWER + DIGITS + UPPER + range(' ', '/') + range(':', '@') + range('[', '`') + range('{', '~');
const without = (members: string): string =>
  Array.from(PRINTABLE)
    .filter((c) => !members.includes(c))
    .join('');

const ESCAPES: Readonly<Record<string, string>> = {
  d: DIGITS,
  w: `${LOWER + DIGITS + UPPER}_`,
  s: ' ',
  D: without(DIGITS),
  W: without(`${LOWER + DIGITS + UPPER}_`),
  S: without(' '),
  n: '\n',
  t: '\t',
};
const POSIX: Readonly<Record<string, string>> = {
  alpha: LOWER + UPPER,
  digit: DIGITS,
  alnum: LOWER + DIGITS + UPPER,
  lower: LOWER,
  upper: UPPER,
  space: ' ',
  punct: '-.,:;!?_',
  xdigit: `${DIGITS}abcdefABCDEF`,
};
/** `*` and `+` have no upper bound; no text gets longer than this by one of them. */
const UNBOUNDED = 40;

/** Raised for what this reader does not know: look-around, back references. */
class Unreadable extends Error {}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  read(): Node {
    const node = this.choice();
    if (this.at < this.text.length) throw new Unreadable();
    return node;
  }

  private choice(): Node {
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    return options.length === 1 && options[0] ? options[0] : { kind: 'choice', options };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.text.length && !'|)'.includes(this.peek())) {
      const atom = this.atom();
      parts.push(this.quantified(atom));
    }
    return { kind: 'sequence', parts };
  }

  private atom(): Node {
    const c = this.next();
    if (c === '^' || c === '$') return { kind: 'sequence', parts: [] };
    if (c === '.') return { kind: 'set', members: PRINTABLE };
    if (c === '[') return this.set();
    if (c === '\\') return this.escape();
    if (c !== '(') return { kind: 'set', members: c };
    if (this.take('?') && !this.take(':')) throw new Unreadable();
    const node = this.choice();
    if (!this.take(')')) throw new Unreadable();
    return node;
  }

  private escape(): Node {
    const c = this.next();
    // Word boundaries of both dialects match nothing by themselves.
    if ('mMyAZbB'.includes(c)) return { kind: 'sequence', parts: [] };
    if (/[1-9]/.test(c)) throw new Unreadable();
    return { kind: 'set', members: ESCAPES[c] ?? c };
  }

  private set(): Node {
    const negated = this.take('^');
    let members = '';
    for (let first = true; first || this.peek() !== ']'; first = false) members += this.member();
    this.next();
    return { kind: 'set', members: negated ? without(members) : members };
  }

  private member(): string {
    const posix = /^\[:(\w+):\]/.exec(this.text.slice(this.at));
    if (posix) {
      this.at += posix[0].length;
      return POSIX[posix[1] ?? ''] ?? '';
    }
    const from = this.next();
    if (from === '\\') {
      const escaped = this.next();
      return ESCAPES[escaped] ?? escaped;
    }
    if (this.peek() !== '-' || this.text[this.at + 1] === ']') return from;
    this.next();
    return range(from, this.next());
  }

  private quantified(node: Node): Node {
    const [min, max] = this.quantifier();
    if (min === 1 && max === 1) return node;
    this.take('?');
    return { kind: 'repeat', node, min, max };
  }

  private quantifier(): [number, number] {
    if (this.take('*')) return [0, UNBOUNDED];
    if (this.take('+')) return [1, UNBOUNDED];
    if (this.take('?')) return [0, 1];
    const bounds = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at));
    if (!bounds) return [1, 1];
    this.at += bounds[0].length;
    const min = Number(bounds[1]);
    if (bounds[2] === undefined) return [min, min];
    return [min, bounds[3] === '' ? Math.max(min, UNBOUNDED) : Number(bounds[3])];
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  private take(c: string): boolean {
    if (this.peek() !== c) return false;
    this.at += 1;
    return true;
  }

  private next(): string {
    const c = this.text[this.at];
    if (c === undefined) throw new Unreadable();
    this.at += 1;
    return c;
  }
}

/** Hands out the characters of a text one after the other, as far as a set allows them, and starts again at its end. */
class Supply {
  private at = 0;
  constructor(private readonly text: string) {}

  from(members: string): string {
    for (let n = 0; n < this.text.length; n += 1) {
      const c = this.text[(this.at + n) % this.text.length] ?? '';
      if (!members.includes(c)) continue;
      this.at = (this.at + n + 1) % this.text.length;
      return c;
    }
    const c = members[(this.text.charCodeAt(this.at % this.text.length) + this.at) % members.length];
    if (c === undefined) throw new Unreadable();
    this.at += 1;
    return c;
  }
}

type Length = 'token' | 'shortest' | 'longest';

/**
 * Texts that a regular expression of a CHECK accepts, made of the token's characters where that can be: as long as the
 * token, as short and as long as the expression allows. Small and of our own, since randexp has not been maintained
 * for years, reads JavaScript's dialect and cannot be told to carry a token.
 * The last three are made of a hash of it: texts of two tokens that begin alike differ in them from the first character.
 * @returns none for what it cannot read, else always as many; whether a text fits is the server's to say.
 */
export function textsFor(pattern: string, token: string): string[] {
  try {
    const node = new Reader(pattern.replace(/^\(\?[a-z]+\)/, '')).read();
    const lengths: readonly Length[] = ['token', 'shortest', 'longest'];
    return [token, createHash('md5').update(token).digest('hex')].flatMap((text) =>
      lengths.map((length) => write(node, new Supply(text), length, token.length)),
    );
  } catch (error) {
    if (error instanceof Unreadable) return [];
    throw error;
  }
}

function write(node: Node, supply: Supply, length: Length, size: number): string {
  switch (node.kind) {
    case 'set':
      return supply.from(node.members);
    case 'sequence':
      return node.parts.map((part) => write(part, supply, length, size)).join('');
    case 'choice': {
      const option = node.options[length === 'longest' ? node.options.length - 1 : 0];
      return option ? write(option, supply, length, size) : '';
    }
    case 'repeat': {
      const times = {
        token: Math.min(Math.max(size, node.min), node.max),
        shortest: node.min,
        longest: node.max,
      }[length];
      return Array.from({ length: times }, () => write(node.node, supply, length, size)).join('');
    }
  }
}

/** A text that a LIKE pattern accepts, with the token where it allows anything. */
export const textLike = (pattern: string, token: string): string =>
  pattern.replaceAll(/\\(.)|%|_/g, (all, escaped: string | undefined) =>
    escaped !== undefined ? escaped : all === '%' ? token : 'x',
  );
