const MASK = '[redacted]';

/** Words after which a password stands. `pgpassword`, `db-password`, `sslpassword` and so on end with one of them. */
const KEY = '(?:password|passwd|passphrase|pwd)';
/** Quoted strings in which a backslash escapes (JSON, inspect, libpq) or a doubled quote does (SQL, YAML). */
const DOUBLE = /"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/.source;
const SINGLE = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/.source;
/** A JSON string inside another one: its quotes have one backslash, what they hold has two and more. */
const NESTED = /\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*(?:\\"|$)/.source;
/** A word, up to a blank or to the quote that closes a JSON string; bare quotes belong to it, as people write them. */
const WORD = /(?:(?!"\s*[,:}\]]|"$)\S)/.source;

/** Where a JSON string ends, so that a URL ends there even though a password may hold a bare quote. */
const JSON_END = /(?="[,:}\]])/;
/** The marks of a URL, plain and percent-encoded (a URL inside a query parameter of another one). */
const PLAIN = { scheme: '://', colon: ':', at: '@' };
const ENCODED = { scheme: '%3a%2f%2f', colon: '%3a', at: '%40' };

/** In a query a bare & cannot be part of a value. */
const QUERY = new RegExp(`([?&][\\w-]*${KEY}=)(?:(?!&)${WORD})*`, 'gi');
/** A line of YAML: unquoted values may hold blanks, so all of the line goes. */
const YAML_LINE = new RegExp(`^([ \\t]*(?:- )?[\\w-]*${KEY}[ \\t]*:[ \\t]+)(?!["'])\\S.*$`, 'gim');
const NAME = `${KEY}(?<![?&][\\w-]{0,64})(?:\\\\?["'])?[ \\t]*`;
const QUOTED = `(?:${DOUBLE}|${SINGLE}|${NESTED})`;
/** "password": "x", password: 'x', { password: x }. */
const WITH_COLON = new RegExp(`(${NAME}:[ \\t]*)(${QUOTED}|${WORD}+)`, 'gi');
/** password=x, password='x y', password=x\ y, --db-password=x; text that touches a closing quote belongs to it. */
const WITH_EQUALS = new RegExp(`(${NAME}=[ \\t]*)(${QUOTED}?${WORD}*(?:(?<=\\\\)[ \\t]${WORD}*)*)`, 'gi');
/** --db-password x, and SQL: alter role r password 'x'. */
const OPTION = new RegExp(`((?<![\\w-])--[\\w-]*${KEY}\\s+)(${DOUBLE}|${SINGLE}|\\S+)`, 'gi');
const SQL_CLAUSE = new RegExp(`(\\b${KEY}\\s+e?)(${SINGLE})`, 'gi');

/**
 * scheme://user:secret@host. Up to the last @ of the word, because people forget to encode an @ in a password;
 * so that too much is removed in rare texts and never too little. No regular expression: it would be quadratic.
 */
function maskUserinfo(run: string, marks: typeof PLAIN): string {
  return run
    .split(JSON_END)
    .map((piece) => {
      // not toLowerCase: it changes the length of some letters, and with it every index
      const lower = piece.replace(/%(?:3A|2F|40)/gi, (mark) => mark.toLowerCase());
      const scheme = lower.indexOf(marks.scheme);
      const colon = scheme === -1 ? -1 : lower.indexOf(marks.colon, scheme + marks.scheme.length);
      const at = lower.lastIndexOf(marks.at);
      if (colon === -1 || at < colon + marks.colon.length) return piece;
      return `${piece.slice(0, colon + marks.colon.length)}${MASK}${piece.slice(at)}`;
    })
    .join('');
}

/** Keeps the quotes, so that JSON stays JSON. */
function maskValue(_match: string, start: string, value: string): string {
  const quote = /^\\?["']/.exec(value)?.[0] ?? '';
  return `${start}${quote}${MASK}${quote}`;
}

/**
 * Removes passwords from text that may hold connection strings: URLs (also percent-encoded ones), libpq keyword
 * strings, query parameters, JSON, YAML, inspected objects, command lines and SQL `password '…'` clauses.
 * Replaces each by "[redacted]"; removes too much rather than too little, and never throws.
 * A password that stands alone, without any such sign, cannot be recognised: do not print it.
 */
export function redact(text: string): string {
  return text
    .replace(/:\/\/\S+/g, (run) => maskUserinfo(run, PLAIN))
    .replace(/%3A%2F%2F\S+/gi, (run) => maskUserinfo(run, ENCODED))
    .replace(QUERY, `$1${MASK}`)
    .replace(YAML_LINE, `$1${MASK}`)
    .replace(OPTION, maskValue)
    .replace(WITH_COLON, maskValue)
    .replace(WITH_EQUALS, maskValue)
    .replace(SQL_CLAUSE, maskValue);
}
