import type { Secret } from '../../base/index.ts';

/** The tokens of one API, newest first (R5.1): an older one serves while the newest is not active yet. */
export class TokenRing {
  readonly #tokens: readonly Secret[];
  /** Index of the one that works. */
  #works = 0;

  constructor(tokens: readonly Secret[]) {
    this.#tokens = tokens;
  }

  /**
   * Sends with the token that worked last, then with each other one while they are not accepted. Any number of requests
   * may do so at once: each goes by the token that it used itself.
   */
  async send<T>(exchange: (token: Secret) => Promise<T>, isRevoked: (answer: T) => boolean): Promise<T> {
    const used = this.#works;
    const first = await exchange(this.#tokenAt(used));
    if (!isRevoked(first)) return first;
    for (const [next, token] of this.#tokens.entries()) {
      if (next === used) continue;
      const again = await exchange(token);
      if (isRevoked(again)) continue;
      this.#works = next;
      return again;
    }
    this.#works = 0;
    return first;
  }

  #tokenAt(index: number): Secret {
    const token = this.#tokens[index];
    if (!token) throw new TypeError('an API is called with at least one token');
    return token;
  }
}
