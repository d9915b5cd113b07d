import { MINUTE } from '../../base/index.ts';
import {
  BINDING,
  type Incoming,
  issuerOf,
  receiveMessage,
  SamlError,
  verifiedRoot,
} from '../../saml/index.ts';
import { isComparable } from '../authn-context.ts';
import type { Answer } from '../issuer.ts';
import { type AuthnRequest, readAuthnRequest } from './authn-request.ts';
import { NAME_ID_FORMATS, type SamlSettings } from './config.ts';
import { SamlIssuingError } from './errors.ts';
import type { SamlParties, SamlParty } from './parties.ts';
import { type RefusalNeeds, refusalAnswer } from './refusals.ts';
import type { RequestStore, StoredRequest } from './request-store.ts';
import { type ConsumerService, defaultConsumer, type ServiceProvider } from './service-provider.ts';

/** Older requests were not just sent by somebody who wants to sign in. */
const MAX_AGE_MS = 10 * MINUTE;
const TOLERANCE_MS = 3 * MINUTE;
/** R2.5; SAML Bindings 3.4.3 asks for 80 bytes, applications send more. */
const MAX_RELAY_STATE = 1024;

export type IntakeNeeds = RefusalNeeds & {
  readonly parties: SamlParties;
  readonly requests: RequestStore;
  /** Address of our single sign-on service, as published. */
  readonly ssoUrl: string;
};

export type Taken =
  | { readonly outcome: 'waiting'; readonly handle: string }
  /** Answered at once with SAML's own error: the request cannot be fulfilled, whoever the person is. */
  | { readonly outcome: 'answered'; readonly relyingParty: string; readonly answer: Answer };

/**
 * Takes an AuthnRequest from a browser.
 *
 *   decode within bounds ▶ registered issuer ▶ signature ▶ checks ▶ registered address ▶ can it be fulfilled? ▶ keep
 *
 * Up to the registered address everything that is wrong is a page of ours: nothing is sent anywhere on the word of
 * a stranger. Behind it the application is told in its own protocol.
 *
 * @throws SamlError, SamlIssuingError
 */
export async function takeAuthnRequest(incoming: Incoming, needs: IntakeNeeds): Promise<Taken> {
  const message = receiveMessage(incoming);
  if (message.kind !== 'AuthnRequest' || message.parameter !== 'SAMLRequest') {
    throw new SamlError('saml.malformed', 'this is no AuthnRequest');
  }
  if (Buffer.byteLength(message.relayState ?? '') > MAX_RELAY_STATE) {
    throw new SamlError('saml.too_large', 'RelayState is longer than 1 KB');
  }
  const party = await needs.parties.byEntityId(message.claimedIssuer);
  if (!party) throw new SamlIssuingError('issuing.saml_unknown_party', 'no relying party has this entity id');
  const provider = await party.trust.get();
  const root = believedRoot(message, party.settings, provider);
  const request = readAuthnRequest(root);
  checkEnvelope(root, request, { provider, isSigned: message.isSigned, needs });
  const consumer = chooseConsumer(request, provider);

  const { relayState } = message;
  const toAnswer = { consumerUrl: consumer.url, requestId: request.id, relayState };
  const obstacle = firstObstacle(request, party, provider);
  if (obstacle) {
    const answer = await refusalAnswer(toAnswer, obstacle.status, needs, obstacle.rule);
    return { outcome: 'answered', relyingParty: party.relyingParty.id, answer };
  }
  const content = JSON.stringify([message.xml, relayState ?? null]);
  const handle = await needs.requests.keep(storedRequest(request, party, toAnswer, needs), content);
  if (handle === undefined) throw new SamlError('saml.replayed', 'the id was used for another request');
  return { outcome: 'waiting', handle };
}

/** Signed when it must be, and whenever it is: a signature that nobody checks would only look like safety. */
function believedRoot(
  message: ReturnType<typeof receiveMessage>,
  settings: SamlSettings,
  provider: ServiceProvider,
): Element {
  if (message.isSigned) {
    if (provider.signingKeys.length === 0) {
      throw new SamlError('saml.signature_invalid', 'no certificate is registered that could verify it');
    }
    return verifiedRoot(message, provider.signingKeys);
  }
  if (settings.wantAuthnRequestsSigned || provider.signsRequests) {
    throw new SamlError('saml.signature_missing', 'requests of this application must be signed');
  }
  return message.root;
}

type Around = {
  readonly provider: ServiceProvider;
  readonly isSigned: boolean;
  readonly needs: IntakeNeeds;
};
type Check = {
  readonly rule: string;
  readonly code: SamlError['code'];
  readonly passes: (request: AuthnRequest, around: Around) => boolean;
};

const CHECKS: readonly Check[] = [
  {
    rule: 'SAML Core 3.2.1: version 2.0, with an ID that is a name of bounded length',
    code: 'saml.malformed',
    passes: ({ id, version }) => version === '2.0' && /^[\p{L}_][\p{L}\p{N}_.:-]{0,255}$/u.test(id),
  },
  {
    rule: 'SAML Bindings 3.4.5.2 and 3.5.5.2: Destination, if present, is our address; a signed message has one',
    code: 'saml.wrong_destination',
    passes: ({ destination }, { isSigned, needs }) =>
      destination === undefined ? !isSigned : destination === needs.ssoUrl,
  },
  {
    rule: 'SAML Core 3.2.1: issued not long ago, and not in the future',
    code: 'saml.expired',
    passes: ({ issuedAt }, { needs }) => {
      const age = needs.clock.now().getTime() - issuedAt.getTime();
      return age <= MAX_AGE_MS + TOLERANCE_MS && age >= -TOLERANCE_MS;
    },
  },
  {
    rule: 'SAML Core 3.4.1: an address by URL or by index, not both',
    code: 'saml.malformed',
    passes: ({ consumerUrl, consumerIndex }) => consumerUrl === undefined || consumerIndex === undefined,
  },
];

function checkEnvelope(root: Element, request: AuthnRequest, around: Around): void {
  if (issuerOf(root) !== around.provider.entityId) {
    throw new SamlError('saml.wrong_issuer', 'the signed Issuer is not the one whose keys were asked');
  }
  const broken = CHECKS.find((check) => !check.passes(request, around));
  if (broken) throw new SamlError(broken.code, broken.rule);
}

/** From registration or metadata only, and compared exactly (SAML Profiles 4.1.4.1). */
function chooseConsumer(request: AuthnRequest, provider: ServiceProvider): ConsumerService {
  const { consumerUrl, consumerIndex } = request;
  const chosen =
    consumerUrl !== undefined
      ? provider.consumers.find(({ url }) => url === consumerUrl)
      : consumerIndex !== undefined
        ? provider.consumers.find(({ index }) => index !== undefined && String(index) === consumerIndex)
        : defaultConsumer(provider);
  if (chosen) return chosen;
  throw new SamlIssuingError('issuing.saml_unregistered_address', 'the consumer service is not registered');
}

type Obstacle = {
  readonly rule: string;
  readonly status: readonly string[];
  readonly stands: (request: AuthnRequest, party: SamlParty, provider: ServiceProvider) => boolean;
};

/** What makes a request impossible to fulfil; told to the application with a second-level status code. */
const OBSTACLES: readonly Obstacle[] = [
  {
    rule: 'Only the HTTP-POST binding is offered for responses.',
    status: ['Requester', 'UnsupportedBinding'],
    stands: ({ protocolBinding }) => protocolBinding !== undefined && protocolBinding !== BINDING.post,
  },
  {
    rule: 'Requests that name a Subject are not supported.',
    status: ['Requester', 'RequestUnsupported'],
    stands: ({ hasSubject }) => hasSubject,
  },
  {
    rule: 'The NameID format that is asked for is not the one that is configured.',
    status: ['Requester', 'InvalidNameIDPolicy'],
    stands: ({ nameIdFormat }, { settings }) =>
      nameIdFormat !== undefined &&
      nameIdFormat !== NAME_ID_FORMATS.unspecified &&
      nameIdFormat !== NAME_ID_FORMATS[settings.nameId.format],
  },
  {
    rule: 'The name of a person is given to this service provider alone.',
    status: ['Requester', 'InvalidNameIDPolicy'],
    stands: ({ spNameQualifier }, _party, { entityId }) =>
      spNameQualifier !== undefined && spNameQualifier !== '' && spNameQualifier !== entityId,
  },
  {
    rule: 'The authentication context that is asked for is not known here.',
    status: ['Requester', 'NoAuthnContext'],
    stands: ({ context }, { settings }) =>
      settings.requestedAuthnContext === 'honour' &&
      context !== undefined &&
      (context === 'unreadable' || !isComparable(context)),
  },
];

function firstObstacle(
  request: AuthnRequest,
  party: SamlParty,
  provider: ServiceProvider,
): Obstacle | undefined {
  return OBSTACLES.find(({ stands }) => stands(request, party, provider));
}

function storedRequest(
  { id, force, passive, context }: AuthnRequest,
  { relyingParty, settings }: SamlParty,
  { consumerUrl, relayState }: { readonly consumerUrl: string; readonly relayState: string | undefined },
  { clock }: IntakeNeeds,
): StoredRequest {
  const isDemand = settings.requestedAuthnContext === 'honour' && context !== undefined;
  return {
    relyingParty: relyingParty.id,
    requestId: id,
    consumerUrl,
    receivedAt: clock.now(),
    force,
    passive,
    ...(relayState !== undefined && { relayState }),
    ...(isDemand && context !== 'unreadable' && { context: { ...context, classes: [...context.classes] } }),
  };
}
