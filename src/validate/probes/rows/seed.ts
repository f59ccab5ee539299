import { createHash } from 'node:crypto';

/** From what the values of one row are made: no other row has them. */
export interface Seed {
  /** Letters and digits. */
  readonly token: string;
  /** Nine digits at most. */
  readonly number: number;
}

/** The seed of the n-th row of a side. Tokens of one side begin alike, so that all its rows can be recognised. */
export function seedOf(side: string, n: number): Seed {
  const hash = Number.parseInt(createHash('md5').update(side).digest('hex').slice(0, 8), 16);
  return {
    token: n === 0 ? side : `${side}${n.toString(36).padStart(3, '0')}`,
    number: 100_000_000 + (hash % 800_000) * 1000 + n,
  };
}

/** A uuid that shows its side in its first 18 characters. */
export function uuidOf({ token, number }: Seed): string {
  const side = createHash('md5')
    .update(String(Math.floor(number / 1000)))
    .digest('hex');
  const row = createHash('md5').update(token).digest('hex');
  const hex = `${side.slice(0, 12)}4${side.slice(13, 16)}8${row.slice(0, 15)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Texts by which values of a side are recognised: its token, plain and in hexadecimal, and its uuids. */
export const marksOf = (side: string): string[] => [
  side,
  Buffer.from(side).toString('hex'),
  uuidOf(seedOf(side, 0)).slice(0, 18),
];
