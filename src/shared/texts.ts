/** Every text inside a value replaced, wherever it stands; `key` is the name of the member that holds it. */
export function mapTexts<T>(value: T, change: (text: string, key: string) => string): T {
  return mapUnder(value, '', change) as T;
}

function mapUnder(value: unknown, key: string, change: (text: string, key: string) => string): unknown {
  if (typeof value === 'string') return change(value, key);
  if (Array.isArray(value)) return value.map((each) => mapUnder(each, key, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapUnder(member, name, change)]),
  );
}

/**
 * What a terminal or a browser would not show as it is: control characters, lone surrogates, noncharacters, separators
 * of lines, and the marks that turn the direction of writing, with which a name can pass for another one.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;

/** Text in which everything can be seen and nothing acts: `\n`, `\u001b`, `\u202e`. Names come from the database. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** `1 script`, `2 scripts`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
