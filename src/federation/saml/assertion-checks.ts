import { BEARER } from '../../saml/index.ts';
import { FederationError, type FederationErrorCode } from '../errors.ts';
import type { Assertion, Confirmation } from './assertion.ts';

export type AssertionExpectations = {
  readonly issuer: string;
  /** Our entity id. */
  readonly audience: string;
  /** Our assertion consumer service. */
  readonly acsUrl: string;
  readonly now: Date;
  readonly toleranceMs: number;
  /** InResponseTo of the envelope, if it has one. */
  readonly envelopeInResponseTo?: string;
};

type Check = {
  readonly rule: string;
  readonly code: FederationErrorCode;
  readonly passes: (assertion: Assertion, expected: AssertionExpectations) => boolean;
};

/** Every check of the Web Browser SSO profile over one signed assertion, in the order in which they are made. */
const CHECKS: readonly Check[] = [
  {
    rule: 'SAML Core 2.3.3: version 2.0, with an ID',
    code: 'federation.answer_malformed',
    passes: ({ version, id }) => version === '2.0' && id !== '' && id.length <= 256,
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the Issuer is the upstream of this connection',
    code: 'federation.wrong_issuer',
    passes: (assertion, { issuer }) => assertion.hasIssuer(issuer),
  },
  {
    rule: 'SAML Core 2.3.3: not issued in the future',
    code: 'federation.expired',
    passes: ({ issueInstant }, expected) => isPast(issueInstant, expected),
  },
  {
    rule: 'SAML Profiles 4.1.4.2: one Subject',
    code: 'federation.assertion_refused',
    passes: ({ subjects }) => subjects === 1,
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the Subject is confirmed as bearer',
    code: 'federation.assertion_refused',
    passes: (assertion) => confirmedBy(assertion, [isBearer]).length > 0,
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the confirmation names our address as Recipient',
    code: 'federation.wrong_destination',
    passes: (assertion, expected) => confirmedBy(assertion, [isBearer, isForUs], expected).length > 0,
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the confirmation has an end',
    code: 'federation.assertion_refused',
    passes: (assertion, expected) => confirmedBy(assertion, [isBearer, isForUs, hasEnd], expected).length > 0,
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the confirmation is valid now',
    code: 'federation.expired',
    passes: (assertion, expected) =>
      confirmedBy(assertion, [isBearer, isForUs, hasEnd, isValidNow], expected).length > 0,
  },
  {
    rule: 'R2.3: the signed confirmation answers a request; unsolicited responses are not accepted',
    code: 'federation.answer_unsolicited',
    passes: (assertion, expected) => confirmationOf(assertion, expected) !== undefined,
  },
  {
    rule: 'SAML Profiles 4.1.4.3: envelope and assertion answer the same request',
    code: 'federation.wrong_transaction',
    passes: (assertion, expected) =>
      expected.envelopeInResponseTo === undefined ||
      expected.envelopeInResponseTo === confirmationOf(assertion, expected)?.inResponseTo,
  },
  {
    rule: 'SAML Core 2.5.1: conditions are there, once, and all of them are understood',
    code: 'federation.assertion_refused',
    passes: ({ conditions }) => conditions?.understood === true,
  },
  {
    rule: 'SAML Core 2.5.1.2: conditions are valid now',
    code: 'federation.expired',
    passes: ({ conditions }, expected) => isValidNow(conditions ?? {}, expected),
  },
  {
    rule: 'SAML Core 2.5.1.4, Profiles 4.1.4.2: every audience restriction, and at least one, names us',
    code: 'federation.wrong_audience',
    passes: ({ conditions }, { audience }) => {
      const restrictions = conditions?.audiences ?? [];
      return restrictions.length > 0 && restrictions.every((audiences) => audiences.includes(audience));
    },
  },
  {
    rule: 'SAML Profiles 4.1.4.2: there is an authentication statement, and none is of the future',
    code: 'federation.assertion_refused',
    passes: ({ statements }, expected) =>
      statements.length > 0 && statements.every(({ authnInstant }) => isPast(authnInstant, expected)),
  },
  {
    rule: 'SAML Core 2.7.2: the session upstream has not ended',
    code: 'federation.expired',
    passes: ({ statements }, expected) =>
      statements.every(({ sessionNotOnOrAfter: end }) => end === undefined || isFuture(end, expected)),
  },
];

/** @throws FederationError naming the first rule that is broken. */
export function checkAssertion(assertion: Assertion, expected: AssertionExpectations): void {
  const broken = CHECKS.find((check) => !check.passes(assertion, expected));
  if (broken) throw new FederationError(broken.code, broken.rule);
}

/** The confirmation that satisfies every rule; the others are ignored, as the profile allows several. */
export function confirmationOf(
  assertion: Assertion,
  expected: AssertionExpectations,
): (Confirmation & { readonly inResponseTo: string }) | undefined {
  return confirmedBy(assertion, [isBearer, isForUs, hasEnd, isValidNow], expected).find(
    (confirmation): confirmation is Confirmation & { readonly inResponseTo: string } =>
      confirmation.inResponseTo !== undefined && confirmation.inResponseTo !== '',
  );
}

type Rule = (confirmation: Confirmation, expected: AssertionExpectations) => boolean;

function confirmedBy(
  assertion: Assertion,
  rules: readonly Rule[],
  expected?: AssertionExpectations,
): Confirmation[] {
  return assertion.confirmations.filter((confirmation) =>
    rules.every((rule) => rule(confirmation, expected as AssertionExpectations)),
  );
}

function isBearer({ method }: Confirmation): boolean {
  return method === BEARER;
}

function isForUs({ recipient }: Confirmation, { acsUrl }: AssertionExpectations): boolean {
  return recipient === acsUrl;
}

function hasEnd({ notOnOrAfter }: Confirmation): boolean {
  return notOnOrAfter !== undefined;
}

type Period = { readonly notBefore?: Date; readonly notOnOrAfter?: Date };

/** A NotBefore has no place in a bearer confirmation (Profiles 4.1.4.2); if there, it must hold. */
function isValidNow({ notBefore, notOnOrAfter }: Period, expected: AssertionExpectations): boolean {
  return (
    (notBefore === undefined || isPast(notBefore, expected)) &&
    (notOnOrAfter === undefined || isFuture(notOnOrAfter, expected))
  );
}

// NOTE: comparisons with an invalid Date are false, so an instant that cannot be read fails either way.
function isPast(instant: Date, { now, toleranceMs }: AssertionExpectations): boolean {
  return instant.getTime() <= now.getTime() + toleranceMs;
}

function isFuture(instant: Date, { now, toleranceMs }: AssertionExpectations): boolean {
  return instant.getTime() > now.getTime() - toleranceMs;
}
