import { type Assertion, attributeValues, type Confirmation } from '../saml/assertion.ts';
import type { IdentityProvider } from '../saml/identity-provider.ts';
import { isSuccess, type ReceivedResponse, type Verified } from '../saml/response.ts';
import type { Trust } from './identity-providers.ts';
import type { Iconik } from './server.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** What the checks look at, all at once. */
export type Presented = {
  readonly iconik: Iconik;
  readonly trust: Trust;
  readonly provider: IdentityProvider;
  readonly response: ReceivedResponse;
  readonly verified: Verified;
  readonly now: number;
  readonly driftMs: number;
};

type Check = (presented: Presented) => string | undefined;

/** SAML Profiles 4.1.4.3, strictly, in this order; the first problem is the answer. */
const CHECKS: readonly Check[] = [
  checkSignedParts,
  checkDestination,
  checkRequest,
  checkConditions,
  checkAudience,
  checkIssuers,
  checkConfirmation,
  checkSessionEnd,
  checkAttributeNames,
  checkReplay,
];

/** @returns why the response is refused, or undefined. Uses nothing up. */
export function findProblem(presented: Presented): string | undefined {
  for (const check of CHECKS) {
    const problem = check(presented);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkSignedParts({ iconik, trust, response, verified }: Presented): string | undefined {
  const { requireSignedAssertion, requireSignedResponse } = signaturesWanted(iconik, trust);
  if (!isSuccess(response)) return `The identity provider answered ${response.status.join(', ')}.`;
  if (requireSignedResponse && verified.response !== 'valid') return 'The response is not signed.';
  if (requireSignedAssertion && verified.assertionSignature !== 'valid') {
    return 'The assertion is not signed.';
  }
  return undefined;
}

/** The settings of the identity provider decide, where it has any. */
export function signaturesWanted(
  { switches }: Iconik,
  { record }: Trust,
): {
  readonly requireSignedAssertion: boolean;
  readonly requireSignedResponse: boolean;
} {
  const { requireSignedAssertion, requireSignedResponse } = switches.positions;
  return {
    requireSignedAssertion: record.settings?.want_assertions_signed ?? requireSignedAssertion,
    requireSignedResponse: record.settings?.want_messages_signed ?? requireSignedResponse,
  };
}

function checkDestination({ trust, response }: Presented): string | undefined {
  const { acs } = trust;
  if (response.destination === undefined || response.destination === acs) return undefined;
  return `The response is for ${response.destination} and arrived at ${acs}.`;
}

/** An answer names an open request, and names the same one inside the signed part. */
function checkRequest({ iconik, response, verified }: Presented): string | undefined {
  const inside = verified.assertion.confirmations.flatMap(({ inResponseTo }) => inResponseTo ?? []);
  const named = new Set([...inside, ...(response.inResponseTo === undefined ? [] : [response.inResponseTo])]);
  if (named.size === 0) {
    return iconik.switches.positions.unsolicited === 'refused'
      ? 'The response answers no request.'
      : undefined;
  }
  const [request = ''] = named;
  if (named.size > 1 || (inside.length === 0 && verified.response !== 'valid')) {
    return 'The response and its assertion answer different requests.';
  }
  return iconik.store.requests.has(request) ? undefined : `InResponseTo ${request} is no open request.`;
}

function checkConditions({ verified: { assertion }, now, driftMs }: Presented): string | undefined {
  return checkWindow(assertion, now, driftMs);
}

function checkWindow(window: Pick<Confirmation, 'notBefore' | 'notOnOrAfter'>, now: number, driftMs: number) {
  const { notBefore, notOnOrAfter } = window;
  if (notBefore && !(notBefore.getTime() <= now + driftMs)) return 'Timestamps: not yet valid.';
  if (notOnOrAfter && !(notOnOrAfter.getTime() + driftMs > now)) return 'Timestamps: expired.';
  return undefined;
}

function checkAudience({ trust, verified: { assertion } }: Presented): string | undefined {
  const { entityId } = trust;
  const meant =
    assertion.audiences.length > 0 && assertion.audiences.every((each) => each.includes(entityId));
  return meant ? undefined : `${entityId} is not in the audience of this response.`;
}

function checkIssuers({ provider, response, verified: { assertion } }: Presented): string | undefined {
  const issuers = [assertion.issuer, ...(response.issuer === undefined ? [] : [response.issuer])];
  const wrong = issuers.find((issuer) => issuer !== provider.entityId);
  return wrong === undefined ? undefined : `The issuer ${wrong} is not ${provider.entityId}.`;
}

function checkConfirmation(presented: Presented): string | undefined {
  const { trust, verified, now, driftMs } = presented;
  const { acs } = trust;
  const good = verified.assertion.confirmations.some(
    (each) =>
      each.method === BEARER &&
      each.recipient === acs &&
      each.notOnOrAfter !== undefined &&
      checkWindow(each, now, driftMs) === undefined,
  );
  return good ? undefined : 'No subject confirmation is good for this service.';
}

function checkSessionEnd({ verified: { assertion }, now, driftMs }: Presented): string | undefined {
  const ends = assertion.authn?.sessionNotOnOrAfter;
  return ends && ends.getTime() + driftMs <= now
    ? 'The session at the identity provider is over.'
    : undefined;
}

/** Several values belong into one attribute; the same name twice is refused. */
function checkAttributeNames({ verified: { assertion } }: Presented): string | undefined {
  const names = assertion.attributes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `Found an Attribute element with duplicated Name: ${twice}.`;
}

function checkReplay({ iconik, verified: { assertion } }: Presented): string | undefined {
  return iconik.store.seen.has(assertion.id) ? 'The assertion was used before.' : undefined;
}

const CLAIM = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
const NAMES = {
  plain: { email: 'email', firstName: 'first_name', lastName: 'last_name', groups: 'groups' },
  'ws-federation': {
    email: `${CLAIM}emailaddress`,
    firstName: `${CLAIM}givenname`,
    lastName: `${CLAIM}surname`,
    groups: 'http://schemas.xmlsoap.org/claims/Group',
  },
} as const;

/** Mail, names and groups: everything that iconik takes from an assertion. */
export type Claims = {
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Absent when there is no groups attribute at all. */
  readonly groups?: readonly string[];
};

export function readClaims(iconik: Iconik, assertion: Assertion): Claims {
  const { attributeNames, emailFrom } = iconik.switches.positions;
  const sets = attributeNames === 'both' ? Object.values(NAMES) : [NAMES[attributeNames]];
  const values = (key: keyof typeof NAMES.plain) =>
    attributeValues(
      assertion,
      sets.map((names) => names[key]),
    );
  const nameId = assertion.nameId?.value ?? '';
  const email = emailFrom === 'attribute-first' ? (values('email')?.[0] ?? nameId) : nameId;
  const [firstName, lastName, groups] = [values('firstName')?.[0], values('lastName')?.[0], values('groups')];
  return {
    email: email.trim(),
    ...(firstName !== undefined && firstName !== '' && { firstName }),
    ...(lastName !== undefined && lastName !== '' && { lastName }),
    ...(groups && { groups }),
  };
}
