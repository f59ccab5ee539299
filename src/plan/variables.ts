import type { Pack, VariableSpec, VariableValue } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';

/** Values given for a pack's variables, as typed on a command line or in the config file. */
export type GivenVariables = Readonly<Record<string, VariableValue>>;

/**
 * The pack's variables with defaults filled in. Text such as "384" or "true" is read by the variable's type.
 * @throws FedgenError E_VARIABLE_INVALID listing every unknown name and bad value.
 */
export function resolveVariables(pack: Pack, given: GivenVariables): Readonly<Record<string, VariableValue>> {
  const faults = Object.keys(given)
    .filter((name) => !Object.hasOwn(pack.variables, name))
    .map((name) => `pack ${pack.name} has no variable "${name}"`);
  const values: Record<string, VariableValue> = {};
  for (const [name, spec] of Object.entries(pack.variables)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const parsed = value === undefined ? spec.default : parseVariable(spec, value);
    if (parsed === undefined) faults.push(`${name}: ${JSON.stringify(value)} is not ${describeSpec(spec)}`);
    else values[name] = parsed;
  }
  if (faults.length === 0) return values;
  throw new FedgenError('E_VARIABLE_INVALID', faults.join('\n'), {
    hint: `Variables of pack ${pack.name}: ${Object.keys(pack.variables).join(', ') || 'none'}.`,
    details: { pack: pack.name, faults },
  });
}

/** What PostgreSQL cannot store, and the characters that the renderer marks values with. */
const UNUSABLE = /[\0\p{Cs}\uE000-\uE00F]/u;

function parseVariable(spec: VariableSpec, value: VariableValue): VariableValue | undefined {
  switch (spec.type) {
    case 'enum':
      return spec.values.includes(String(value)) ? String(value) : undefined;
    case 'boolean':
      return value === true || value === 'true'
        ? true
        : value === false || value === 'false'
          ? false
          : undefined;
    case 'integer': {
      const isWhole = typeof value === 'number' || /^[+-]?\d+$/.test(String(value));
      const number = isWhole ? Number(value) : Number.NaN;
      const inRange = number >= (spec.min ?? -Infinity) && number <= (spec.max ?? Infinity);
      return Number.isSafeInteger(number) && inRange ? number : undefined;
    }
    case 'identifier':
      return /^[a-z_][a-z0-9_]{0,62}$/.test(String(value)) ? String(value) : undefined;
    case 'string':
      return UNUSABLE.test(String(value)) ? undefined : String(value);
  }
}

function describeSpec(spec: VariableSpec): string {
  switch (spec.type) {
    case 'enum':
      return `one of ${spec.values.join(', ')}`;
    case 'integer':
      return `a whole number${spec.min === undefined ? '' : ` from ${spec.min}`}${spec.max === undefined ? '' : ` up to ${spec.max}`}`;
    case 'boolean':
      return 'true or false';
    case 'identifier':
      return 'a lower-case SQL name';
    case 'string':
      return 'text without zero bytes and characters for private use';
  }
}
