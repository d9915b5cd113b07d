import { addMs, earliest, MINUTE } from '../../base/index.ts';
import { decryptElement, type NameId, readStatusCodes, type SpendWrappedKey } from '../../saml/index.ts';
import { attributeOf, childElements, signatureOf, verifySignature } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';
import { type AuthnStatement, readAssertion } from './assertion.ts';
import { checkAssertion, confirmationOf } from './assertion-checks.ts';
import { asRefusal, decodeResponse, guarded, parseMessage } from './decode.ts';
import { checkDecrypted, checkDocument } from './document-checks.ts';
import { checkSecondVerifier } from './second-verifier.ts';
import type { UpstreamTrust } from './settings.ts';

export type Expectations = {
  /** Our entity id. */
  readonly audience: string;
  readonly acsUrl: string;
  readonly now: Date;
  readonly toleranceMs: number;
  readonly wantEncrypted: boolean;
  /** Where AES-CBC is accepted too, in a response that is signed as a whole: spends the content key. */
  readonly cbcOnce?: SpendWrappedKey;
  /** Our private keys, for encrypted assertions: during an overlap the upstream may use any of them. */
  readonly decryptionKeyPems: readonly string[];
  /** Must node-saml read the same? */
  readonly secondVerifier?: boolean;
};

/** Facts of an assertion that passed every check that needs no transaction. */
export type VerifiedAssertion = {
  readonly kind: 'assertion';
  readonly id: string;
  readonly issuer: string;
  /** From the signed confirmation data. */
  readonly inResponseTo: string;
  readonly nameId?: NameId;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Newest statement. */
  readonly authn: AuthnStatement;
  /** Earliest SessionNotOnOrAfter. */
  readonly sessionEnd?: Date;
  /** From when on the assertion cannot be accepted any more, whatever tolerance is configured. */
  readonly spentUntil: Date;
};

/** The upstream answered without an assertion. Maybe unsigned: it can only end a sign-in, never complete one. */
export type FailedResponse = {
  readonly kind: 'failed';
  readonly inResponseTo: string;
  /** Last parts of the status codes, outermost first: `Responder`, `NoPassive`. Known words only. */
  readonly status: readonly string[];
};

/** Largest tolerance that a connection can have. */
const MAX_TOLERANCE_MS = 5 * MINUTE;

/**
 * Verifies a SAML response under a trust: the one door between a stranger's XML and our facts.
 *
 *   decode ▶ bounds ▶ parse ▶ document checks ▶ shape and value of every signature ▶ checks of what was signed
 *
 * Response or assertion must be signed; if both are, both must verify. What is read afterwards comes from the signed
 * text only. Pure but for decryption; spends nothing but
 * the content key of an AES-CBC cipher text.
 *
 * @param samlResponse the form field, base64.
 * @throws FederationError
 */
export async function verifyResponse(
  samlResponse: string,
  trust: UpstreamTrust,
  expected: Expectations,
): Promise<VerifiedAssertion | FailedResponse> {
  const response = parsed(decodeResponse(samlResponse));
  checkDocument(response, { issuer: trust.entityId, acsUrl: expected.acsUrl });
  const status = readStatusCodes(response);
  if (status[0] !== 'Success') return failed(response, status);

  const signedResponse = signedText(response, trust.keys);
  const found = await assertionOf(response, signedResponse, expected);
  const signedAssertion = signedText(found.assertion, trust.keys);
  const vouched = signedAssertion === undefined ? found.vouched : parsed(signedAssertion);
  if (vouched === undefined) {
    throw new FederationError('federation.signature_invalid', 'neither response nor assertion is signed');
  }
  if (expected.secondVerifier) {
    await checkSecondVerifier(vouched, {
      ...{ samlResponse, keys: trust.keys, ...expected },
      isResponseSigned: signedResponse !== undefined,
      isAssertionSigned: signedAssertion !== undefined,
    });
  }
  return judge(vouched, response, trust, expected);
}

function parsed(text: string): Element {
  return parseMessage(text).document.documentElement;
}

/** What the signature of an element covers; undefined when it has none. */
function signedText(element: Element, keys: UpstreamTrust['keys']): string | undefined {
  return guarded(() => (signatureOf(element) ? verifySignature(element, keys) : undefined));
}

type Found = {
  /** Nothing is to be believed of it for its being there: anyone can write one, and encrypt it to us. */
  readonly assertion: Element;
  /** The same, as the signature of the response vouches for it. */
  readonly vouched: Element | undefined;
};

async function assertionOf(
  response: Element,
  signedResponse: string | undefined,
  expected: Expectations,
): Promise<Found> {
  const signed = signedResponse === undefined ? undefined : parsed(signedResponse);
  const encrypted = childNamed(signed ?? response, 'EncryptedAssertion');
  if (encrypted) {
    const assertion = await decrypted(encrypted, signed !== undefined, expected);
    return { assertion, vouched: signed && assertion };
  }
  const assertion = childNamed(response, 'Assertion');
  if (!assertion) throw new FederationError('federation.answer_malformed', 'there is no assertion');
  if (!expected.wantEncrypted) return { assertion, vouched: signed && childNamed(signed, 'Assertion') };
  throw new FederationError(
    'federation.algorithm_refused',
    'the assertion is not encrypted, as the connection wants',
  );
}

async function decrypted(encrypted: Element, isSigned: boolean, expected: Expectations): Promise<Element> {
  const { decryptionKeyPems: privateKeyPems } = expected;
  // A cipher text that anybody can change only if a change shows.
  const cbcOnce = isSigned ? expected.cbcOnce : undefined;
  const plain = await decryptElement(encrypted, { privateKeyPems, cbcOnce }).catch((error: unknown) => {
    throw asRefusal(error);
  });
  const assertion = parsed(plain);
  checkDecrypted(assertion);
  return assertion;
}

function childNamed(response: Element, name: string): Element | undefined {
  return childElements(response).find(({ localName }) => localName === name);
}

function judge(
  element: Element,
  response: Element,
  trust: UpstreamTrust,
  expected: Expectations,
): VerifiedAssertion {
  const assertion = readAssertion(element);
  const envelopeInResponseTo = attributeOf(response, 'InResponseTo');
  const rules = {
    issuer: trust.entityId,
    ...expected,
    ...(envelopeInResponseTo !== undefined && { envelopeInResponseTo }),
  };
  checkAssertion(assertion, rules);
  const confirmation = confirmationOf(assertion, rules);
  const [authn] = [...assertion.statements].sort(
    (a, b) => b.authnInstant.getTime() - a.authnInstant.getTime(),
  );
  if (!confirmation?.notOnOrAfter || !authn) {
    throw new FederationError('federation.assertion_refused', 'the assertion is incomplete');
  }
  const sessionEnd = earliest(...assertion.statements.map((statement) => statement.sessionNotOnOrAfter));
  return {
    kind: 'assertion',
    id: assertion.id,
    issuer: trust.entityId,
    inResponseTo: confirmation.inResponseTo,
    ...(assertion.nameId && { nameId: assertion.nameId }),
    attributes: assertion.attributes,
    authn,
    ...(sessionEnd && { sessionEnd }),
    spentUntil: addMs(lastEnd(assertion.confirmations, confirmation.notOnOrAfter), MAX_TOLERANCE_MS),
  };
}

/** Another confirmation of the same assertion may end later: until then its id must be remembered. */
function lastEnd(confirmations: readonly { notOnOrAfter?: Date }[], atLeast: Date): Date {
  const ends = confirmations.flatMap(({ notOnOrAfter }) => (notOnOrAfter ? [notOnOrAfter.getTime()] : []));
  return new Date(Math.max(atLeast.getTime(), ...ends.filter((end) => !Number.isNaN(end))));
}

function failed(response: Element, status: readonly string[]): FailedResponse {
  const inResponseTo = attributeOf(response, 'InResponseTo');
  if (!inResponseTo)
    throw new FederationError('federation.answer_unsolicited', 'a failure that answers no request');
  if (status.length === 0)
    throw new FederationError('federation.answer_malformed', 'the response has no status');
  return { kind: 'failed', inResponseTo, status };
}
