import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import {
  type EncryptFor,
  type Incoming,
  newMessageId,
  type OutgoingMessage,
  readLogoutMessage,
  receiveMessage,
  type SigningKey,
  sendByPost,
  sendByRedirect,
  writeLogoutRequest,
  writeLogoutResponse,
} from '../../saml/index.ts';
import { FederationError } from '../errors.ts';
import type {
  BegunLogout,
  BrowserStep,
  UpstreamLogout,
  UpstreamLogoutRequest,
  UpstreamLogoutResponse,
} from '../logout.ts';
import { spendOnce, spendWrappedKey } from '../one-time-ids.ts';
import type { ServiceProviderKeys } from '../upstream.ts';
import type { LogoutService, SamlSettings, UpstreamTrust } from './settings.ts';

const BY_USER = 'urn:oasis:names:tc:SAML:2.0:logout:user';

type Needs = {
  readonly settings: SamlSettings;
  readonly trust: () => Promise<UpstreamTrust>;
  readonly keys: ServiceProviderKeys;
  readonly clock: Clock;
  readonly db: Database;
};

/** Single logout as service provider (SAML Profiles 4.4), both ways, front channel only. */
export function createSamlLogout(needs: Needs): UpstreamLogout {
  const { settings, clock } = needs;
  return {
    begin: (session) => begin(session, needs),
    receive: (incoming, closeRequest) => receive(incoming, closeRequest, needs),
    async answer({ inResponseTo, isPartial, relayState }) {
      const { slo } = await needs.trust();
      if (!slo) return undefined;
      const destination = slo.responseUrl ?? slo.url;
      const response = writeLogoutResponse({
        ...{ issuer: settings.spEntityId, destination, inResponseTo, now: clock.now() },
        status: isPartial ? 'partial' : 'success',
      });
      return send(response, { ...slo, url: destination }, needs, relayState);
    },
  };
}

/** Names the session as its assertion did; without a NameID there is nothing to name. */
async function begin(
  session: Readonly<Record<string, string>>,
  needs: Needs,
): Promise<BegunLogout | undefined> {
  const { settings, clock } = needs;
  const trust = await needs.trust();
  const { slo } = trust;
  const { nameId, nameIdFormat, nameQualifier, spNameQualifier, sessionIndex } = session;
  if (!slo || nameId === undefined) return undefined;
  const messageId = newMessageId();
  const request = writeLogoutRequest({
    ...{ id: messageId, issuer: settings.spEntityId, destination: slo.url, reason: BY_USER },
    nameId: {
      value: nameId,
      ...(nameIdFormat !== undefined && { format: nameIdFormat }),
      ...(nameQualifier !== undefined && { nameQualifier }),
      ...(spNameQualifier !== undefined && { spNameQualifier }),
    },
    encryptFor: encryptFor(trust, settings),
    sessionIndexes: sessionIndex === undefined ? [] : [sessionIndex],
    now: clock.now(),
  });
  return { go: await send(request, slo, needs), binding: slo.binding, messageId };
}

/** Never in clear instead: somebody wanted that nobody on the way reads it. */
function encryptFor(
  { encryptionCertificate }: UpstreamTrust,
  { id, encryptLogout }: SamlSettings,
): EncryptFor | undefined {
  if (encryptLogout === 'off') return undefined;
  if (encryptionCertificate !== undefined) {
    return { certificate: encryptionCertificate, algorithm: encryptLogout };
  }
  throw new FederationError(
    'federation.upstream_misbehaved',
    `${id}: encryptLogout, but the upstream shows no certificate to encrypt for`,
  );
}

async function receive(
  incoming: Incoming,
  closeRequest: (id: string) => Promise<boolean>,
  needs: Needs,
): Promise<UpstreamLogoutRequest | UpstreamLogoutResponse> {
  const { settings, clock, db } = needs;
  const message = receiveMessage(incoming);
  // R2.4: keys belong to one connection; whatever the message says about its sender, these are asked.
  const { entityId, keys } = await needs.trust();
  const read = await readLogoutMessage(message, {
    ...{ issuer: entityId, keys, destination: settings.sloUrl, now: clock.now() },
    toleranceMs: settings.toleranceMs,
    spendOnce: (id, until) => spendOnce(db, settings.id, `logout:${id}`, until),
    closeRequest,
    decryption: async () => {
      const ours = await needs.keys.samlServiceProviderKeys();
      return {
        privateKeyPems: ours.map(({ privateKeyPem }) => privateKeyPem),
        ...(settings.acceptCbc && { cbcOnce: (wrapped) => spendWrappedKey(db, wrapped, clock.now()) }),
      };
    },
  });
  if (read.kind === 'response') {
    return { kind: 'response', inResponseTo: read.inResponseTo, status: read.status };
  }
  return {
    kind: 'request',
    id: read.id,
    subject: read.nameId.value,
    sessions: read.sessionIndexes,
    ...(read.relayState !== undefined && { relayState: read.relayState }),
  };
}

async function send(
  message: OutgoingMessage,
  { binding, url }: Pick<LogoutService, 'binding' | 'url'>,
  needs: Needs,
  relayState?: string,
): Promise<BrowserStep> {
  const [active] = await needs.keys.samlServiceProviderKeys();
  if (!active) throw new TypeError('the service provider has no key');
  const { privateKeyPem, certificatePem } = active;
  const key: SigningKey = { privateKey: createPrivateKey(privateKeyPem), certificatePem };
  if (binding === 'redirect') {
    return { kind: 'redirect', url: await sendByRedirect(message, { url, key, relayState }) };
  }
  return { kind: 'post', url, fields: await sendByPost(message, { key, relayState }) };
}
