/** What one role may do with an object, and who lets it: one item of an access control list. */
export interface Privilege {
  /** `public` for everybody. */
  readonly grantee: string;
  /** Letters as PostgreSQL writes them; `*` after a letter: it may be passed on. */
  readonly letters: string;
  readonly grantor: string;
}

const WORDS: Readonly<Record<string, string>> = {
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
  D: 'truncate',
  x: 'references',
  t: 'trigger',
  m: 'maintain',
  X: 'execute',
  U: 'usage',
  C: 'create',
  c: 'connect',
  T: 'temporary',
  s: 'set',
  A: 'alter system',
};

/** Reads `role=arw/owner`; names with odd characters are in double quotes. */
export function parsePrivilege(item: string): Privilege {
  const [, grantee = '', letters = '', grantor = ''] =
    /^("(?:[^"]|"")*"|[^="]*)=([a-zA-Z*]*)\/(.*)$/.exec(item) ?? [];
  return { grantee: grantee === '' ? 'public' : grantee, letters, grantor };
}

/** `select, insert (may be passed on)`, as people say it. */
export function describeLetters(letters: string): string {
  return [...letters.matchAll(/([a-zA-Z])(\*?)/g)]
    .map(([, letter = '', star]) => `${WORDS[letter] ?? letter}${star ? ' (may be passed on)' : ''}`)
    .join(', ');
}

/** One role that may do more or less than expected. */
export interface PrivilegeChange {
  readonly grantee: string;
  /** Letters that are too many, each with its star. */
  readonly gained: string;
  readonly lost: string;
}

/** Compares two access control lists, grantee by grantee. */
export function comparePrivileges(expected: readonly string[], found: readonly string[]): PrivilegeChange[] {
  const before = byGrantee(expected);
  const after = byGrantee(found);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((grantee) => {
      const was = before.get(grantee) ?? new Set<string>();
      const is = after.get(grantee) ?? new Set<string>();
      const gained = [...is].filter((letter) => !was.has(letter)).join('');
      const lost = [...was].filter((letter) => !is.has(letter)).join('');
      return { grantee, gained, lost };
    })
    .filter(({ gained, lost }) => gained !== '' || lost !== '');
}

function byGrantee(items: readonly string[]): Map<string, Set<string>> {
  const lists = new Map<string, Set<string>>();
  for (const { grantee, letters } of items.map(parsePrivilege)) {
    const known = lists.get(grantee) ?? new Set<string>();
    for (const [letter] of letters.matchAll(/[a-zA-Z]\*?/g)) known.add(letter);
    lists.set(grantee, known);
  }
  return lists;
}
