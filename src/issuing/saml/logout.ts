import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import type { PartySession } from '../../model/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import {
  type Decryption,
  type LogoutStatus,
  type OutgoingMessage,
  readSoapAnswer,
  SamlError,
  SOAP_HEADERS,
  sendByPost,
  sendByRedirect,
  sendBySoap,
  writeLogoutRequest,
  writeLogoutResponse,
} from '../../saml/index.ts';
import type { Answer } from '../issuer.ts';
import type { SamlParties, SamlParty } from './parties.ts';
import { encryptionOf, type LogoutService, type ServiceProvider } from './service-provider.ts';
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
  /** For names that relying parties encrypt to us: every key that is published, and those that were until lately. */
  decryption(): Promise<Decryption>;
  /** How a relying party can be told, without waiting; undefined when it has no logout service that is known. */
  bindingOf(relyingParty: string): 'redirect' | 'post' | undefined;
  /** Without waiting: does it take logout requests server to server, as far as is known? */
  takesSoap(relyingParty: string): boolean;
  /**
   * A signed LogoutRequest for one session, by SOAP.
   *
   * @throws when there was no answer that can be believed; worth another try.
   */
  tell(relyingParty: string, session: PartySession): Promise<'confirmed' | 'refused'>;
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
  readonly http: HttpClient;
};

/** One session at one relying party, about to be ended there. */
type Asked = {
  readonly party: SamlParty;
  readonly provider: ServiceProvider;
  readonly session: PartySession;
};

export function createSamlLogout(needs: SamlLogoutNeeds): SamlLogout {
  const { entityId, sloUrl, parties, keys, clock } = needs;
  const requestTo = (
    destination: URL,
    { party, provider, session: { handle, subject, details } }: Asked,
  ): OutgoingMessage => {
    const { format } = details;
    const { encryptLogout: algorithm } = party.settings;
    return writeLogoutRequest({
      ...{ issuer: entityId, destination, sessionIndexes: [handle], now: clock.now() },
      nameId: { value: subject, ...(format !== undefined && { format }) },
      ...(algorithm !== 'off' && { encryptFor: { algorithm, certificate: encryptionOf(provider) } }),
      reason: 'urn:oasis:names:tc:SAML:2.0:logout:user',
    });
  };
  const serviceOf = async (
    relyingParty: string,
  ): Promise<Omit<Asked, 'session'> & { readonly slo: LogoutService }> => {
    const party = parties.of(relyingParty);
    const provider = await party?.trust.get();
    if (party && provider?.slo) return { party, provider, slo: provider.slo };
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

    async decryption() {
      const ours = await keys.issuingKeys('saml-identity-provider');
      return {
        privateKeyPems: ours.map(({ privateKey }) =>
          privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        ),
      };
    },

    bindingOf: (relyingParty) => parties.of(relyingParty)?.trust.known()?.slo?.binding,

    takesSoap: (relyingParty) => parties.of(relyingParty)?.trust.known()?.soapLogout !== undefined,

    async tell(relyingParty, session) {
      const party = parties.of(relyingParty);
      const provider = await party?.trust.get();
      const url = provider?.soapLogout;
      if (!party || !provider || !url)
        throw new TypeError(`${relyingParty} takes no logout requests by SOAP`);
      const message = requestTo(url, { party, provider, session });
      const { status, body } = await needs.http.request({
        ...{ method: 'POST', url, system: relyingParty, headers: SOAP_HEADERS },
        body: await sendBySoap(message, await activeKey(keys)),
        // R8.1: the address may be out of metadata.
        ...{ trust: 'foreign', maxBytes: 64 * 1024 },
      });
      // SOAP 1.1, 6.2: a fault is a 500.
      if (status !== 200)
        throw new SamlError('saml.unexpected_answer', `SOAP answered with status ${status}`);
      const { entityId: issuer, signingKeys } = provider;
      const answer = readSoapAnswer(body, { issuer, keys: signingKeys, requestId: message.id });
      // Partial: its own session is over, and that is what it was asked.
      return answer === 'failed' ? 'refused' : 'confirmed';
    },

    async ask(relyingParty, session, relayState) {
      const { slo, ...asked } = await serviceOf(relyingParty);
      const message = requestTo(slo.url, { ...asked, session });
      return { messageId: message.id, answer: await send(message, slo.url, slo.binding, relayState) };
    },

    async answer(relyingParty, { requestId, status, relayState }) {
      const { slo } = await serviceOf(relyingParty);
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
