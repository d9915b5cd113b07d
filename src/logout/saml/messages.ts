import type { Clock } from '../../base/index.ts';
import type { Answer } from '../../issuing/index.ts';
import type { PartySession } from '../../model/index.ts';
import {
  newMessageId,
  type OutgoingMessage,
  type SigningKey,
  sendByPost,
  sendByRedirect,
  writeLogoutRequest,
  writeLogoutResponse,
} from '../../saml/index.ts';
import type { FrontChannelLogout, NoLogout, SamlLogouts, SamlPeer } from '../ports.ts';

type Needs = { readonly saml: SamlLogouts; readonly clock: Clock };

const RESIDUAL = 'Its own session goes on until it ends by itself, or you sign out there.';
const BY_USER = 'urn:oasis:names:tc:SAML:2.0:logout:user';

/** How a SAML relying party is asked to end its session: a signed LogoutRequest through the browser. */
export function samlPartyLogout(relyingParty: string, needs: Needs): FrontChannelLogout | NoLogout {
  const binding = needs.saml.logoutBinding(relyingParty);
  if (!binding) return { kind: 'none', residual: RESIDUAL };
  return {
    ...{ kind: 'front-channel', binding, residual: RESIDUAL },
    ask: (party) => ask(relyingParty, party, needs),
  };
}

/** Repeats NameID and SessionIndex as the assertion had them (SAML Core 3.7.1). */
async function ask(relyingParty: string, party: PartySession, { saml, clock }: Needs) {
  const { logout } = await peerFor(relyingParty, saml);
  const messageId = newMessageId();
  const { format, nameQualifier, spNameQualifier } = party.details;
  const request = writeLogoutRequest({
    ...{ id: messageId, issuer: saml.entityId, destination: logout.url, reason: BY_USER, now: clock.now() },
    nameId: {
      value: party.subject,
      ...(format !== undefined && { format }),
      ...(nameQualifier !== undefined && { nameQualifier }),
      ...(spNameQualifier !== undefined && { spNameQualifier }),
    },
    sessionIndexes: [party.handle],
  });
  const key = await saml.signingKey(relyingParty);
  return { messageId, answer: await carried(request, logout.binding, logout.url, key) };
}

/** Our answer to a LogoutRequest of a relying party: `partial` when anything else did not confirm (R3.4). */
export async function answerPeer(
  answered: {
    readonly relyingParty: string;
    readonly inResponseTo: string;
    readonly isPartial: boolean;
    readonly relayState?: string | undefined;
  },
  { saml, clock }: Needs,
): Promise<Answer> {
  const { logout } = await peerFor(answered.relyingParty, saml);
  const destination = logout.responseUrl ?? logout.url;
  const response = writeLogoutResponse({
    ...{ issuer: saml.entityId, destination, inResponseTo: answered.inResponseTo, now: clock.now() },
    status: answered.isPartial ? 'partial' : 'success',
  });
  const key = await saml.signingKey(answered.relyingParty);
  return carried(response, logout.binding, destination, key, answered.relayState);
}

type WithLogout = SamlPeer & { readonly logout: NonNullable<SamlPeer['logout']> };

async function peerFor(relyingParty: string, saml: SamlLogouts): Promise<WithLogout> {
  const peer = await saml.peerOf(relyingParty);
  if (!peer?.logout) throw new Error(`${relyingParty} takes no logout messages`);
  return { ...peer, logout: peer.logout };
}

async function carried(
  message: OutgoingMessage,
  binding: 'redirect' | 'post',
  url: URL,
  key: SigningKey,
  relayState?: string,
): Promise<Answer> {
  if (binding === 'redirect') {
    const location = await sendByRedirect(message, { url, key, relayState });
    return { kind: 'redirect', location, carriesCredential: true };
  }
  return { kind: 'form', action: url, fields: await sendByPost(message, { key, relayState }) };
}
