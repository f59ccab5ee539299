import { inspect } from 'node:util';

const MASK = '[redacted]';

/**
 * A value that may be used but not shown: console.log, util.inspect, JSON.stringify and string templates all give
 * "[redacted]". A class and not a non-enumerable property, because `{ ...database }` must keep the password.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it only where the value is sent, never where something is printed. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
