import type { InteractionResults, KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { type LoginId, type PersonId, SECOND, type SessionId } from '../../base/index.ts';
import type { SignOn } from '../issuer.ts';

/** What login writes into an interaction to say: this session vouches for this person, once. */
const Vouched = z.object({
  uid: z.string(),
  sessionId: z.custom<SessionId>((value) => typeof value === 'string'),
  personId: z.custom<PersonId>((value) => typeof value === 'string'),
  thread: z.custom<LoginId>((value) => typeof value === 'string'),
});

/** R1.4: the subject is our own opaque id of the person. `authTime`, `acr` and `amr` are the session's, unchanged. */
export function vouchFor(uid: string, { person, session, thread }: SignOn): InteractionResults {
  return {
    login: {
      accountId: person.id,
      ts: Math.floor(session.authTime.getTime() / SECOND),
      amr: [...session.amr],
      ...(session.authnContext !== undefined && { acr: session.authnContext }),
    },
    vouched: { uid, sessionId: session.id, personId: person.id, thread },
  };
}

/** Only a result of the very interaction that is being resumed counts. */
export function readVouched(ctx: KoaContextWithOIDC): Omit<z.infer<typeof Vouched>, 'uid'> | undefined {
  const read = Vouched.safeParse(ctx.oidc.result?.['vouched']);
  if (!read.success || read.data.uid !== ctx.oidc.entities.Interaction?.uid) return undefined;
  const { uid: _uid, ...vouched } = read.data;
  return vouched;
}
