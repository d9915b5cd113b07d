import { addMs, earliest, MINUTE } from '../../base/index.ts';
import { UNSPECIFIED_CONTEXT } from '../../model/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import { CanonicalText, encryptElement, newMessageId, signElement, unsignedText } from '../../saml/index.ts';
import { satisfies } from '../authn-context.ts';
import type { Issued, Issuer, LoginRequests, SignOn } from '../issuer.ts';
import type { Claims } from './claims.ts';
import { metadataUnavailable, SamlIssuingError } from './errors.ts';
import { isLandingPlace } from './landing-place.ts';
import type { SamlNames } from './names.ts';
import type { SamlParties, SamlParty } from './parties.ts';
import { formAnswer, REFUSAL_STATUS, type RefusalNeeds, refusalAnswer } from './refusals.ts';
import type { RequestStore, StoredRequest } from './request-store.ts';
import { writeAssertion, writeResponse } from './response.ts';
import { defaultConsumer, encryptionOf, type ServiceProvider } from './service-provider.ts';
import { activeKey } from './signing.ts';

export type SamlIssuerNeeds = RefusalNeeds & {
  readonly keys: Pick<Keys, 'issuingKeys' | 'lookup'>;
  readonly parties: SamlParties;
  readonly requests: RequestStore;
  readonly names: SamlNames;
};

/** Clocks of service providers may be behind ours by as much. */
const EARLY_MS = MINUTE;

/** Enters relying parties that speak SAML 2.0. */
export function createSamlIssuer(needs: SamlIssuerNeeds): Issuer {
  return {
    accepts: isLandingPlace,

    async issue(signOn) {
      const party = needs.parties.of(signOn.relyingParty.id);
      if (!party) throw new TypeError(`${signOn.relyingParty.id} is not entered with SAML`);
      if (!signOn.request && party.settings.startUrl !== undefined) {
        return startThere(signOn, party.settings.startUrl, party);
      }
      const provider = await party.trust.get();
      if (await needs.parties.isBorrowed(party, provider.entityId)) {
        throw metadataUnavailable(
          party.relyingParty.id,
          'metadata shows the entity id of another relying party',
        );
      }
      const waiting = signOn.request && (await readRequest(signOn, needs.requests));
      if (waiting?.context && !satisfies(signOn.session.authnContext, waiting.context)) {
        throw new SamlIssuingError(
          'issuing.authn_context_not_met',
          'the sign-in was made in another way than the request demands',
        );
      }
      const claims = party.claimsOf(signOn);
      const destination = destinationOf(signOn, party, provider, waiting);
      await checkName(signOn, claims, needs.names);
      // Used up last, when nothing but signing can fail: of two parallel calls one finds it gone.
      if (signOn.request && !(await needs.requests.take(signOn.request.handle))) throw gone();
      return respond({ signOn, party, provider, claims, destination }, needs);
    },
  };
}

async function readRequest(signOn: SignOn, requests: RequestStore): Promise<StoredRequest> {
  const stored = await requests.read(signOn.request?.handle ?? '');
  // A request of one relying party is never answered to another (R2.4).
  if (!stored || stored.relyingParty !== signOn.relyingParty.id) throw gone();
  return stored;
}

function gone(): SamlIssuingError {
  return new SamlIssuingError('issuing.request_gone', 'the request was answered, or its time is over');
}

/** Our own id of the person, or a name for one session, is nobody else's anyway. */
async function checkName(
  { person, identity, relyingParty }: SignOn,
  { nameId: { value } }: Claims,
  names: SamlNames,
): Promise<void> {
  if (value === undefined || value === person.id) return;
  const { connection } = identity;
  const wanted = {
    ...{ relyingParty: relyingParty.id, name: value, personId: person.id, connection },
    isMailUnverified: person.isMailUnverified === true,
  };
  if (await names.mayBear(wanted)) return;
  throw new SamlIssuingError('issuing.name_not_vouched', 'the name is, or may be, that of another person');
}

type Destination = {
  readonly consumerUrl: string;
  readonly relayState?: string | undefined;
  readonly inResponseTo?: string;
};

function destinationOf(
  { to }: SignOn,
  { settings, relyingParty }: SamlParty,
  provider: ServiceProvider,
  waiting: StoredRequest | undefined,
): Destination {
  if (waiting) {
    const { consumerUrl, relayState, requestId } = waiting;
    // Registered when it came; metadata may have changed since.
    if (provider.consumers.some(({ url }) => url === consumerUrl)) {
      return { consumerUrl, relayState, inResponseTo: requestId };
    }
    throw new SamlIssuingError('issuing.saml_unregistered_address', 'the address is no longer registered');
  }
  const consumer = defaultConsumer(provider);
  if (!consumer) throw metadataUnavailable(relyingParty.id, 'no consumer service is known');
  return { consumerUrl: consumer.url, relayState: to ?? settings.relayState };
}

type Making = {
  readonly signOn: SignOn;
  readonly party: SamlParty;
  readonly provider: ServiceProvider;
  readonly claims: Claims;
  readonly destination: Destination;
};

async function respond(making: Making, needs: SamlIssuerNeeds): Promise<Issued> {
  const { signOn, party, provider, claims, destination } = making;
  const { now, session, entitlement, relyingParty } = signOn;
  // R3.1: nothing outlives its reason.
  const ends = earliest(session.ends, entitlement.ends) ?? session.ends;
  const notOnOrAfter = earliest(addMs(now, party.settings.assertionLifetime), ends) ?? ends;
  // Always the same for one session at one relying party, and telling nobody else anything.
  const sessionIndex = `_${needs.keys.lookup('saml session index', `${session.id} ${relyingParty.id}`)}`;
  // SAML Core 8.3.8. One for the whole session, so that a logout names it rightly however often it was entered.
  const passing = `_${needs.keys.lookup('saml transient name', `${session.id} ${relyingParty.id}`)}`;
  const nameId = { format: claims.nameId.format, value: claims.nameId.value ?? passing };
  const assertionId = newMessageId();
  const assertion = writeAssertion({
    ...{ id: assertionId, issuer: needs.entityId, now, nameId, audience: provider.entityId },
    ...{ recipient: destination.consumerUrl, inResponseTo: destination.inResponseTo },
    ...{ notBefore: addMs(now, -EARLY_MS), notOnOrAfter, sessionNotOnOrAfter: ends, sessionIndex },
    authnInstant: session.authTime,
    contextClass: session.authnContext ?? UNSPECIFIED_CONTEXT,
    attributes: claims.attributes,
  });
  const xml = await layOut(assertion, making, needs);
  return {
    artefact: 'saml response',
    artefactId: assertionId,
    answer: formAnswer(destination, xml),
    expires: notOnOrAfter,
    party: { handle: sessionIndex, subject: nameId.value, details: { format: nameId.format } },
  };
}

/** Signs and encrypts as the relying party wants it: the assertion first, its encryption next, the response last. */
async function layOut(
  assertion: ReturnType<typeof writeAssertion>,
  { signOn, party, provider, destination }: Making,
  needs: SamlIssuerNeeds,
): Promise<string> {
  const { sign, encrypt } = party.settings;
  const key = await activeKey(needs.keys);
  const text = sign === 'response' ? unsignedText(assertion) : await signElement(assertion, key);
  const response = writeResponse({
    id: newMessageId(),
    issuer: needs.entityId,
    now: signOn.now,
    destination: destination.consumerUrl,
    inResponseTo: destination.inResponseTo,
    status: ['Success'],
    assertion:
      encrypt === 'off'
        ? new CanonicalText(text)
        : encryptElement('saml:EncryptedAssertion', text, {
            certificate: encryptionOf(provider),
            algorithm: encrypt,
          }),
  });
  return sign === 'assertion' ? unsignedText(response) : await signElement(response, key);
}

/** The application asks for itself what it needs; its request comes back here and is decided anew. */
function startThere(
  { to, thread, session, entitlement }: SignOn,
  startUrl: string,
  party: SamlParty,
): Issued {
  const location = new URL(startUrl);
  const parameter = party.settings.startUrlParameter;
  if (to !== undefined && parameter !== undefined) location.searchParams.set(parameter, to);
  return {
    artefact: 'link',
    artefactId: thread,
    answer: { kind: 'redirect', location, carriesCredential: false },
    expires: earliest(session.ends, entitlement.ends) ?? session.ends,
  };
}

/** Requests that wait for a sign-in, and their refusal. */
export function createSamlRequests(requests: RequestStore, needs: RefusalNeeds): LoginRequests {
  return {
    find: (handle) => requests.find(handle),
    async refuse({ handle }, why) {
      const stored = await requests.take(handle);
      if (!stored) throw gone();
      return refusalAnswer(stored, REFUSAL_STATUS[why], needs);
    },
  };
}
