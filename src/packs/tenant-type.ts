/** A type that a shared pack's tenant column may have: what an id looks like in it, and how policies compare with it. */
export interface TenantType {
  /**
   * The type that the tenant's id, which the control plane keeps as text, is cast to before it is compared with the
   * column; undefined where text compares directly and uses the column's index.
   */
  readonly cast: string | undefined;
  /** The id as PostgreSQL would print it, or why it is none. */
  readonly parse: (id: string) => { readonly id: string } | { readonly fault: string };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longest tenant id that fedgen handles, in characters. */
const MAX_ID = 255;
const INTEGERS: Readonly<Record<string, bigint>> = {
  smallint: 2n ** 15n - 1n,
  integer: 2n ** 31n - 1n,
  bigint: 2n ** 63n - 1n,
};

/** What fedgen knows of a type by its name in pack.yaml; undefined for types that no tenant column may have. */
export function tenantType(name: string): TenantType | undefined {
  if (name === 'uuid') return { cast: name, parse: parseUuid };
  if (name === 'text') return { cast: undefined, parse: (id) => parseText(id, MAX_ID) };
  const highest = Object.hasOwn(INTEGERS, name) ? INTEGERS[name] : undefined;
  if (highest !== undefined) return { cast: name, parse: (id) => parseInteger(id, highest) };
  const length = Number(/^varchar\((\d{1,3})\)$/.exec(name)?.[1] ?? 0);
  if (length < 1 || length > MAX_ID) return undefined;
  return { cast: undefined, parse: (id) => parseText(id, length) };
}

const parseUuid = (id: string): ReturnType<TenantType['parse']> =>
  UUID.test(id) ? { id: id.toLowerCase() } : { fault: 'is no UUID' };

function parseInteger(id: string, highest: bigint): ReturnType<TenantType['parse']> {
  if (!/^(?:0|[1-9]\d{0,18})$/.test(id))
    return { fault: 'is no whole number without sign and leading zeros' };
  return BigInt(id) <= highest ? { id } : { fault: `is larger than ${highest}` };
}

function parseText(id: string, length: number): ReturnType<TenantType['parse']> {
  const { length: given } = Array.from(id);
  if (id.trim() !== id || id === '') return { fault: 'is empty, or begins or ends with a blank' };
  if (given > length) return { fault: `has ${given} characters; the tenant column keeps ${length}` };
  return /[\p{Cc}\p{Co}\p{Cs}\u2028\u2029]/u.test(id) ? { fault: 'holds a control character' } : { id };
}
