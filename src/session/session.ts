import { z } from 'zod';
import type { IdentityId, PersonId, SessionId } from '../base/index.ts';

/** As kept in the key-value store: short names keep it below 0.6 KB. */
export const StoredSession = z.object({
  id: z.custom<SessionId>((value) => typeof value === 'string'),
  person: z.custom<PersonId>((value) => typeof value === 'string'),
  identity: z.custom<IdentityId>((value) => typeof value === 'string'),
  connection: z.string(),
  issuer: z.string(),
  opened: z.coerce.date(),
  ends: z.coerce.date(),
  authTime: z.coerce.date(),
  undated: z.literal(true).optional(),
  confirmed: z.coerce.date(),
  acr: z.string().optional(),
  amr: z.array(z.string()).readonly(),
});

/** One browser signed in as one person. */
export type Session = {
  readonly id: SessionId;
  readonly personId: PersonId;
  readonly identityId: IdentityId;
  readonly connection: string;
  readonly issuer: string;
  readonly openedAt: Date;
  /** Half-open: over when `now >= ends`. */
  readonly ends: Date;
  /** When the person proved who they are upstream. */
  readonly authTime: Date;
  /** Upstream never said when: `authTime` is when it first answered, and meets no demand for a recent proof. */
  readonly isUndated?: true;
  /** When upstream last confirmed the facts this session leans on (R4.6). */
  readonly confirmedAt: Date;
  readonly authnContext?: string;
  readonly amr: readonly string[];
};

export type NewSession = Omit<Session, 'id' | 'openedAt'> & {
  /** Short words for the person's own list: `Firefox on Windows`. */
  readonly device: string;
  /** The mark that this browser carries, if it keeps cookies. */
  readonly browser?: string;
  /** What logging out upstream needs later; sealed. */
  readonly upstreamSession: Readonly<Record<string, string>>;
};

export function toStored(session: Session): string {
  const { id, personId, identityId, connection, issuer, openedAt, ends, authTime, isUndated, confirmedAt } =
    session;
  return JSON.stringify({
    id,
    person: personId,
    identity: identityId,
    connection,
    issuer,
    opened: openedAt,
    ends,
    authTime,
    undated: isUndated,
    confirmed: confirmedAt,
    acr: session.authnContext,
    amr: session.amr,
  });
}

export function fromStored(text: string): Session {
  const stored = StoredSession.parse(JSON.parse(text));
  return {
    id: stored.id,
    personId: stored.person,
    identityId: stored.identity,
    connection: stored.connection,
    issuer: stored.issuer,
    openedAt: stored.opened,
    ends: stored.ends,
    authTime: stored.authTime,
    ...(stored.undated && { isUndated: stored.undated }),
    confirmedAt: stored.confirmed,
    ...(stored.acr !== undefined && { authnContext: stored.acr }),
    amr: stored.amr,
  };
}
