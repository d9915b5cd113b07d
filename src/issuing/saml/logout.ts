import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import type { PartySession } from '../../model/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import {
  type LogoutStatus,
  type OutgoingMessage,
  sendByPost,
  sendByRedirect,
  writeLogoutRequest,
  writeLogoutResponse,
} from '../../saml/index.ts';
import type { Answer } from '../issuer.ts';
import type { SamlParties } from './parties.ts';
import type { LogoutService } from './service-provider.ts';
import { activeKey } from './signing.ts';

/** The other side of a logout message, as far as it may be believed. */
export type SamlLogoutPeer = {
  readonly relyingParty: string;
  readonly entityId: string;
  readonly keys: readonly KeyObject[];
  readonly slo?: LogoutService;
};

/** Single logout with service providers: whom to ask, and messages ready for the browser. */
export interface SamlLogout {
  /** Our own entity id and the address where logout messages arrive. */
  readonly entityId: string;
  readonly sloUrl: URL;
  /** Whose message is it? Nothing is believed yet. @throws Unavailable when its metadata cannot be read. */
  peerOf(claimedIssuer: string): Promise<SamlLogoutPeer | undefined>;
  /** How a relying party can be told, without waiting; undefined when it has no logout service that is known. */
  bindingOf(relyingParty: string): 'redirect' | 'post' | undefined;
  /** A signed LogoutRequest for one session at a relying party. @throws TypeError when it has no logout service. */
  ask(
    relyingParty: string,
    session: PartySession,
    relayState?: string,
  ): Promise<{ readonly messageId: string; readonly answer: Answer }>;
  /** A signed LogoutResponse to a request of a relying party. */
  answer(
    relyingParty: string,
    to: { readonly requestId: string; readonly status: LogoutStatus; readonly relayState?: string },
  ): Promise<Answer>;
}

export type SamlLogoutNeeds = {
  readonly entityId: string;
  readonly sloUrl: URL;
  readonly parties: SamlParties;
  readonly keys: Pick<Keys, 'issuingKeys'>;
  readonly clock: Clock;
};

export function createSamlLogout({ entityId, sloUrl, parties, keys, clock }: SamlLogoutNeeds): SamlLogout {
  const serviceOf = async (relyingParty: string): Promise<LogoutService> => {
    const slo = (await parties.of(relyingParty)?.trust.get())?.slo;
    if (slo) return slo;
    throw new TypeError(`${relyingParty} has no logout service`);
  };
  const send = async (
    message: OutgoingMessage,
    url: URL,
    binding: 'redirect' | 'post',
    relayState: string | undefined,
  ): Promise<Answer> => {
    const key = await activeKey(keys);
    if (binding === 'post') {
      return { kind: 'form', action: url, fields: await sendByPost(message, { key, relayState }) };
    }
    const location = await sendByRedirect(message, { url, key, relayState });
    return { kind: 'redirect', location, carriesCredential: false };
  };
  return {
    entityId,
    sloUrl,

    async peerOf(claimedIssuer) {
      const party = await parties.byEntityId(claimedIssuer);
      if (!party) return undefined;
      const provider = await party.trust.get();
      return {
        relyingParty: party.relyingParty.id,
        entityId: provider.entityId,
        keys: provider.signingKeys,
        ...(provider.slo && { slo: provider.slo }),
      };
    },

    bindingOf: (relyingParty) => parties.of(relyingParty)?.trust.known()?.slo?.binding,

    async ask(relyingParty, { handle, subject, details }, relayState) {
      const slo = await serviceOf(relyingParty);
      const { format } = details;
      const message = writeLogoutRequest({
        issuer: entityId,
        destination: slo.url,
        nameId: { value: subject, ...(format !== undefined && { format }) },
        sessionIndexes: [handle],
        reason: 'urn:oasis:names:tc:SAML:2.0:logout:user',
        now: clock.now(),
      });
      return { messageId: message.id, answer: await send(message, slo.url, slo.binding, relayState) };
    },

    async answer(relyingParty, { requestId, status, relayState }) {
      const slo = await serviceOf(relyingParty);
      const message = writeLogoutResponse({
        issuer: entityId,
        destination: slo.responseUrl,
        inResponseTo: requestId,
        status,
        now: clock.now(),
      });
      return send(message, slo.responseUrl, slo.binding, relayState);
    },
  };
}
