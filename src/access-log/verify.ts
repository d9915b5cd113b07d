import type { KeyObject } from 'node:crypto';
import { commitmentOf, GENESIS, linkHash } from './chain.ts';
import { type Checkpoint, fingerprint, isSignedBy } from './checkpoint.ts';
import { Findings } from './findings.ts';
import { type ParsedLine, parseLine } from './line.ts';
import { type Verification, verdict } from './verification.ts';

export type VerifyOptions = {
  /** Public checkpoint keys of the log, from outside the export. Ed25519. */
  readonly publicKey: KeyObject | readonly KeyObject[];
  /** Checkpoints from outside the export: one, or all that a sink kept. */
  readonly checkpoint: Checkpoint | readonly Checkpoint[];
  /** First event that the export was asked for. Default 1. */
  readonly from?: number;
  /** Last event that the export was asked for. Default: it must reach the newest checkpoint. */
  readonly to?: number;
  /** The export was asked to leave events out (one person's events). Default false: that is a finding. */
  readonly allowWithheld?: boolean;
};

/**
 * Verifies a JSON Lines export offline, in one pass and constant memory. What to expect comes from the options
 * alone, never from the export: whoever can rewrite the one cannot rewrite the other (R6.1).
 *
 * @param lines without their line ends; blank lines and space around a line are ignored.
 */
export async function verifyLog(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyOptions,
): Promise<Verification> {
  const verifier = new ChainVerifier(options);
  let number = 0;
  for await (const line of lines) {
    number += 1;
    // JSON's own space only: trim() would also take a byte order mark.
    const text = line.replaceAll(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (text !== '') verifier.add(text, number);
  }
  return verifier.finish();
}

type Tip = { readonly seq: number; readonly hash: string };

class ChainVerifier {
  readonly #options: VerifyOptions;
  readonly #findings = new Findings();
  /** Usable checkpoints by the place that they sign. */
  readonly #anchors = new Map<number, Checkpoint[]>();
  /** The highest place reached; what the next line must follow. */
  #tip: Tip | undefined;
  #first: number | undefined;
  #shown = 0;
  #withheld = 0;
  #anchored: Checkpoint | undefined;

  constructor(options: VerifyOptions) {
    this.#options = options;
    for (const checkpoint of [options.checkpoint].flat()) this.#admit(checkpoint);
  }

  add(text: string, number: number): void {
    const line = parseLine(text);
    if (!line) {
      this.#findings.add({ kind: 'malformed', line: number });
      return;
    }
    this.#count(line, number);
    const isWhole = linkHash(line.seq, line.prev, line.digest) === line.hash;
    if (isWhole) this.#place(line, number);
    else this.#changed(line, number);
    this.#checkRevealed(line, number);
  }

  finish(): Verification {
    const { from = 1, to } = this.#options;
    const last = this.#tip?.seq;
    const reach = to ?? Math.max(from - 1, ...this.#anchors.keys());
    if ((last ?? from - 1) < reach)
      this.#findings.add({ kind: 'truncated', from: (last ?? from - 1) + 1, to: reach });
    if (!this.#anchored) this.#findings.add({ kind: 'not_anchored' });
    return verdict({
      ...{ shown: this.#shown, withheld: this.#withheld, first: this.#first, last },
      anchored: this.#anchored,
      findings: this.#findings.list(),
      unlisted: this.#findings.unlisted,
    });
  }

  #admit(checkpoint: Checkpoint): void {
    const keys = [this.#options.publicKey].flat();
    const { seq } = checkpoint;
    if (isSignedBy(checkpoint, keys)) {
      this.#anchors.set(seq, [...(this.#anchors.get(seq) ?? []), checkpoint]);
      return;
    }
    const claimsOurs = keys.some((key) => fingerprint(key) === checkpoint.keyFingerprint);
    this.#findings.add({ kind: claimsOurs ? 'checkpoint_forged' : 'wrong_key', from: seq });
  }

  #count(line: ParsedLine, number: number): void {
    this.#first ??= line.seq;
    if (line.event) {
      this.#shown += 1;
      return;
    }
    this.#withheld += 1;
    const { from = 1, to = Number.POSITIVE_INFINITY, allowWithheld } = this.#options;
    // Behind the asked range digests lead to the next checkpoint and hide nothing that was asked for.
    if (!allowWithheld && line.seq >= from && line.seq <= to) {
      this.#findings.add({ kind: 'withheld', line: number, from: line.seq });
    }
  }

  get #expected(): number {
    return this.#tip ? this.#tip.seq + 1 : (this.#options.from ?? 1);
  }

  /** A line whose hash is not that of its content. Its number may be what was changed, so it is not followed. */
  #changed(line: ParsedLine, number: number): void {
    const expected = this.#expected;
    this.#findings.add({ kind: 'changed', line: number, from: line.seq === expected ? line.seq : expected });
    this.#tip = { seq: expected, hash: line.hash };
    this.#anchor(this.#tip);
  }

  /** A line that agrees with itself: does it stand where it says, behind what it says? */
  #place(line: ParsedLine, number: number): void {
    const expected = this.#expected;
    if (line.seq < expected) {
      const wasMissing = this.#findings.found(line.seq);
      this.#findings.add({ kind: wasMissing ? 'reordered' : 'duplicate', line: number, from: line.seq });
      return;
    }
    if (line.seq > expected) this.#findings.missing(expected, line.seq - 1);
    else this.#checkLink(line, number);
    if (this.#tip === undefined || line.seq > expected) this.#checkStart(line);
    this.#tip = { seq: line.seq, hash: line.hash };
    this.#anchor(this.#tip);
  }

  #checkLink(line: ParsedLine, number: number): void {
    const before = this.#tip?.hash ?? (line.seq === 1 ? GENESIS : undefined);
    if (before === undefined || before === line.prev) return;
    this.#findings.add({ kind: 'rewritten', line: number, from: Math.max(1, line.seq - 1), to: line.seq });
  }

  /** The line before is not in the export; a checkpoint may know its hash, which vouches for what was left out. */
  #checkStart(line: ParsedLine): void {
    for (const checkpoint of this.#anchors.get(line.seq - 1) ?? []) {
      if (checkpoint.head !== line.prev) this.#mismatch(checkpoint);
    }
  }

  #anchor(tip: Tip): void {
    for (const checkpoint of this.#anchors.get(tip.seq) ?? []) {
      if (checkpoint.head === tip.hash) this.#anchored = checkpoint;
      else this.#mismatch(checkpoint);
    }
  }

  /** Consistent in itself and yet not what was signed: history was written anew. */
  #mismatch(checkpoint: Checkpoint): void {
    const from = (this.#anchored?.seq ?? (this.#options.from ?? 1) - 1) + 1;
    this.#findings.add({ kind: 'not_as_signed', from: Math.min(from, checkpoint.seq), to: checkpoint.seq });
  }

  #checkRevealed({ revealed, event, seq }: ParsedLine, number: number): void {
    if (!revealed || !event?.personal) return;
    if (commitmentOf(revealed.salt, revealed.values) === event.personal.commitment) return;
    this.#findings.add({ kind: 'revealed_changed', line: number, from: seq });
  }
}
