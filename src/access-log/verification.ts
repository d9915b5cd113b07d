import type { Checkpoint } from './checkpoint.ts';

/** `from` and `to` are places in the sequence, both inclusive; `line` counts the lines of the file from 1. */
export type Finding =
  /** Not a line of an export, or not in its one canonical spelling. */
  | { readonly kind: 'malformed'; readonly line: number }
  /** Content and hash of the line do not agree. */
  | { readonly kind: 'changed'; readonly line: number; readonly from: number }
  /** Dropped: the sequence jumps over them. */
  | { readonly kind: 'missing'; readonly from: number; readonly to: number }
  /** Stands behind a later one. */
  | { readonly kind: 'reordered'; readonly line: number; readonly from: number }
  /** Was there already. */
  | { readonly kind: 'duplicate'; readonly line: number; readonly from: number }
  /** `to` does not follow from `from`: one of them was replaced and its hash computed anew. */
  | { readonly kind: 'rewritten'; readonly line: number; readonly from: number; readonly to: number }
  /** Consistent in itself, and not the history that the checkpoint at `to` was signed for. */
  | { readonly kind: 'not_as_signed'; readonly from: number; readonly to: number }
  /** The file ends too early. */
  | { readonly kind: 'truncated'; readonly from: number; readonly to: number }
  /** Only the digest is there, although the whole event was expected. */
  | { readonly kind: 'withheld'; readonly line: number; readonly from: number }
  /** The personal values shown are not those that were recorded. */
  | { readonly kind: 'revealed_changed'; readonly line: number; readonly from: number }
  /** The checkpoint names the given key, and that key did not sign it. */
  | { readonly kind: 'checkpoint_forged'; readonly from: number }
  /** The checkpoint was signed with another key than the given ones. */
  | { readonly kind: 'wrong_key'; readonly from: number }
  /** No checkpoint vouches for any part of the file. */
  | { readonly kind: 'not_anchored' };

export type Verification = {
  /**
   * `intact`: as signed. `broken`: somebody changed the file, or the log before it was exported. `unanchored`: no
   * contradiction, and no proof either, because no given checkpoint applies.
   */
  readonly outcome: 'intact' | 'broken' | 'unanchored';
  /** For the command line: 0 intact, 1 broken, 2 unanchored. */
  readonly exitCode: 0 | 1 | 2;
  /** Events shown, and events of which only the digest is there. */
  readonly events: number;
  readonly withheld: number;
  readonly first?: number;
  readonly last?: number;
  /** Newest checkpoint that the file agrees with. */
  readonly anchoredTo?: number;
  readonly anchoredAt?: string;
  /** Events behind it: consistent, but whoever holds the database could still have changed them. */
  readonly notAnchored: number;
  readonly findings: readonly Finding[];
  /** Findings beyond those listed. */
  readonly unlisted: number;
};

const NO_PROOF: ReadonlySet<Finding['kind']> = new Set(['wrong_key', 'not_anchored']);

export function verdict(seen: {
  readonly shown: number;
  readonly withheld: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly anchored: Checkpoint | undefined;
  readonly findings: readonly Finding[];
  readonly unlisted: number;
}): Verification {
  const { shown, withheld, first, last, anchored, findings, unlisted } = seen;
  const isBroken = unlisted > 0 || findings.some(({ kind }) => !NO_PROOF.has(kind));
  const outcome = isBroken ? 'broken' : anchored ? 'intact' : 'unanchored';
  return {
    outcome,
    exitCode: outcome === 'intact' ? 0 : isBroken ? 1 : 2,
    events: shown,
    withheld,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    ...(anchored && { anchoredTo: anchored.seq, anchoredAt: anchored.time }),
    notAnchored: last === undefined ? 0 : Math.max(0, last - (anchored?.seq ?? (first ?? 1) - 1)),
    findings,
    unlisted,
  };
}

/** The result in plain sentences, one a line, for a terminal or a report. */
export function formatVerification(result: Verification): string {
  const shown = result.findings.slice(0, 50).map((finding) => `- ${describe(finding)}`);
  const more = result.findings.length - shown.length + result.unlisted;
  return [
    HEADLINES[result.outcome],
    extent(result),
    anchor(result),
    ...shown,
    ...(more > 0 ? [`- and ${more} more findings.`] : []),
  ].join('\n');
}

const HEADLINES = {
  intact: 'The export is intact: nothing was changed, dropped, reordered or rewritten.',
  broken: 'The export is NOT intact.',
  unanchored: 'The export does not contradict itself, but nothing proves that it is the original.',
} as const;

function extent({ events, withheld, first, last }: Verification): string {
  if (first === undefined) return 'It holds no events.';
  const hidden = withheld > 0 ? `, and the digests of ${withheld} more that are left out` : '';
  return `It holds ${events} events${hidden}; the first is ${first}, the last ${last}.`;
}

function anchor({ anchoredTo, anchoredAt, notAnchored }: Verification): string {
  if (anchoredTo === undefined) return 'No checkpoint vouches for it.';
  const signed = `It is anchored to event ${anchoredTo} by a checkpoint signed at ${anchoredAt}`;
  return `${signed}; ${notAnchored} later events are not anchored.`;
}

function describe(finding: Finding): string {
  switch (finding.kind) {
    case 'malformed':
      return `Line ${finding.line} is not a line of an export, or was changed.`;
    case 'changed':
      return `Event ${finding.from} (line ${finding.line}) was changed: its content does not match its hash.`;
    case 'missing':
      return `${events(finding)} missing: dropped from the middle or the beginning. If the export was meant to begin later, say where.`;
    case 'reordered':
      return `Event ${finding.from} (line ${finding.line}) stands behind a later one.`;
    case 'duplicate':
      return `Event ${finding.from} appears again at line ${finding.line}.`;
    case 'rewritten':
      return `Event ${finding.to} (line ${finding.line}) does not follow from the one before it: one of the two was rewritten.`;
    case 'not_as_signed':
      return `The history from event ${finding.from} to ${finding.to} is not the one that the checkpoint at ${finding.to} was signed for: it was rewritten.`;
    case 'truncated':
      return `The file ends too early: ${events(finding).toLowerCase()} missing.`;
    case 'withheld':
      return `Of event ${finding.from} (line ${finding.line}) only the digest is there. If the export was meant to leave events out, say so.`;
    case 'revealed_changed':
      return `The personal values shown for event ${finding.from} (line ${finding.line}) are not those that were recorded.`;
    case 'checkpoint_forged':
      return `The checkpoint at event ${finding.from} is forged or damaged: the given key did not sign it.`;
    case 'wrong_key':
      return `The checkpoint at event ${finding.from} was signed with another key than the one given.`;
    case 'not_anchored':
      return 'No usable checkpoint falls inside the file. Give one from outside the export, and its key.';
  }
}

function events({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? `Event ${from} is` : `Events ${from} to ${to} are`;
}
