import { inspect } from 'node:util';

/**
 * A value that must never reach a log line, a page or JSON. The type does the redaction: whoever prints,
 * serialises or interpolates it gets `[secret]`; only `reveal()` gives the text.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
