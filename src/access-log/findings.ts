import type { Finding } from './verification.ts';

const MAX_LISTED = 500;

/**
 * What is wrong with an export, in the order found and bounded: a file of a million bad lines must not need
 * the memory for a million findings.
 */
export class Findings {
  readonly #listed: Finding[] = [];
  /** Ranges of events that were passed over and may still turn up out of order. */
  #missing: { readonly from: number; readonly to: number }[] = [];
  unlisted = 0;

  add(finding: Finding): void {
    if (this.#listed.length < MAX_LISTED) this.#listed.push(finding);
    else this.unlisted += 1;
  }

  missing(from: number, to: number): void {
    if (this.#missing.length < MAX_LISTED) this.#missing.push({ from, to });
    else this.unlisted += 1;
  }

  /** @returns whether this event was held to be missing; from now on it is not. */
  found(seq: number): boolean {
    const range = this.#missing.find(({ from, to }) => from <= seq && seq <= to);
    if (!range) return false;
    const rest = [
      { from: range.from, to: seq - 1 },
      { from: seq + 1, to: range.to },
    ].filter(({ from, to }) => from <= to);
    this.#missing = this.#missing.flatMap((other) => (other === range ? rest : [other]));
    return true;
  }

  list(): readonly Finding[] {
    return [...this.#listed, ...this.#missing.map((range) => ({ kind: 'missing', ...range }) as const)];
  }
}
