import type { Directory } from '../directory/index.ts';
import type { Session } from '../session/index.ts';
import type { SignedIn } from './state.ts';

/** The person behind a session, as known now. Undefined once they are switched off, or the identity is another's. */
export async function signedInBy(
  session: Session,
  directory: Pick<Directory, 'personBehind'>,
): Promise<SignedIn | undefined> {
  const behind = await directory.personBehind(session.identityId);
  if (behind?.person.status !== 'active' || behind.person.id !== session.personId) return undefined;
  return { session, person: behind.person, identity: identityOf(session) };
}

function identityOf(session: Session): SignedIn['identity'] {
  return {
    id: session.identityId,
    connection: session.connection,
    issuer: session.issuer,
    authTime: session.authTime,
    confirmedAt: session.confirmedAt,
    ...(session.authnContext !== undefined && { authnContext: session.authnContext }),
    amr: session.amr,
  };
}
