import { z } from 'zod';
import type { LoginId, PersonId, SessionId } from '../base/index.ts';
import type { PartySession } from '../model/index.ts';

/** Who wanted a session to end; as the access log says it. */
export type LogoutBy = 'person' | 'relying party' | 'upstream' | 'admin' | 'end';

const text = <T extends string>() => z.custom<T>((value) => typeof value === 'string');

const PartySessionFacts: z.ZodType<PartySession> = z.object({
  handle: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.string()),
});

/** A relying party that was entered from an ended session, and how it is told. */
export const LeftParty = z.object({
  relyingParty: z.string(),
  session: text<SessionId>(),
  kind: z.enum(['back-channel', 'front-channel', 'by-hand', 'none']),
  party: PartySessionFacts.optional(),
});
export type LeftParty = z.infer<typeof LeftParty>;

/** Whom the browser is given back to when everything is done. */
export const Closing = z.discriminatedUnion('kind', [
  /** Our answer to a LogoutRequest of a relying party. */
  z.object({
    kind: z.literal('saml'),
    relyingParty: z.string(),
    inResponseTo: z.string(),
    relayState: z.string().optional(),
  }),
  /** Our answer to a LogoutRequest of an upstream. */
  z.object({
    kind: z.literal('upstream'),
    connection: z.string(),
    inResponseTo: z.string(),
    relayState: z.string().optional(),
  }),
  /** The registered address that an OIDC relying party asked for, with its state. */
  z.object({ kind: z.literal('link'), relyingParty: z.string(), url: z.string() }),
]);
export type Closing = z.infer<typeof Closing>;

/** One logout on its way; what became of each part is kept beside it, so that this never changes. */
export const LogoutRun = z.object({
  handle: z.string(),
  thread: text<LoginId>(),
  /** Absent when nothing ran any more that could be ended. */
  personId: text<PersonId>().optional(),
  by: z.enum(['person', 'relying party', 'upstream', 'admin', 'end']),
  /** Hashes of the tokens of the ended sessions: a browser that held one may be led on. */
  tokens: z.array(z.string()),
  parties: z.array(LeftParty),
  /** The session at the upstream, which outlives ours unless somebody ends it. */
  upstream: z
    .object({
      connection: z.string(),
      session: z.record(z.string(), z.string()),
      go: z.enum(['offer', 'always', 'never']),
    })
    .optional(),
  closing: Closing.optional(),
});
export type LogoutRun = z.infer<typeof LogoutRun>;

/**
 * What is known of one part of a logout. Front-channel: nothing → `asking` → an answer. Back-channel: nothing →
 * `retrying` → an answer, or `gave-up`. The upstream: nothing → `asking` → an answer, or `gone`.
 */
export const PART_STATES = [
  'asking',
  'retrying',
  'gave-up',
  'gone',
  'confirmed',
  /** Its own session is over, and it says that something behind it is not (SAML Core 3.7.3.2). */
  'partial',
  'refused',
  /** An answer came that nobody can believe, so it says nothing; a sound one may still come. */
  'unproven',
] as const;
export type PartState = (typeof PART_STATES)[number];

/** Everything about a run at one moment. */
export type Progress = {
  readonly run: LogoutRun;
  /** In the order of `run.parties`. */
  readonly states: readonly (PartState | undefined)[];
  readonly upstream: PartState | undefined;
  /** The browser was given back to whoever asked. */
  readonly isClosed: boolean;
  /** This browser held one of the sessions, so that relying parties can be asked through it. */
  readonly isHeld: boolean;
};

export type NextStep =
  | { readonly kind: 'ask'; readonly index: number; readonly party: LeftParty & { party: PartySession } }
  | { readonly kind: 'upstream' }
  | { readonly kind: 'close'; readonly closing: Closing }
  | { readonly kind: 'rest' };

/** What the browser does next. Pure. */
export function nextStep({ run, states, upstream, isClosed, isHeld }: Progress): NextStep {
  for (const [index, left] of run.parties.entries()) {
    if (!isHeld || left.kind !== 'front-channel' || states[index] !== undefined) continue;
    const { party } = left;
    if (party) return { kind: 'ask', index, party: { ...left, party } };
  }
  if (isHeld && run.upstream?.go === 'always' && upstream === undefined) return { kind: 'upstream' };
  if (run.closing && !isClosed) return { kind: 'close', closing: run.closing };
  return { kind: 'rest' };
}

/** A relying party was asked, and the browser is here again without its answer. */
export function isStalled({ states, upstream }: Pick<Progress, 'states' | 'upstream'>): boolean {
  return upstream === 'asking' || states.includes('asking');
}

/** R3.4: everything that was entered has confirmed that it is over. */
export function isComplete({ states }: Pick<Progress, 'states'>): boolean {
  return states.every((state) => state === 'confirmed');
}
