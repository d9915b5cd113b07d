import { isSuccess, type ReceivedResponse, type Verified } from '../saml/response.ts';
import { endpointsOf, type Salesforce } from './server.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** Words of Login History; the person never sees them. */
export type Failure = {
  readonly status:
    | 'Failed: Assertion Expired'
    | 'Failed: Assertion Invalid'
    | 'Failed: Audience Invalid'
    | 'Failed: Configuration Error/Perm Disabled'
    | 'Failed: Issuer Mismatched'
    | 'Failed: Recipient Mismatched'
    | 'Failed: Replay Detected'
    | 'Failed: Signature Invalid'
    | 'Failed: Subject Confirmation Error'
    // From here on, the wording is ours: no source gives it.
    | 'Failed: User Is Frozen'
    | 'Failed: User Is Inactive'
    | 'Failed: Phishing-Resistant Authentication Required';
  readonly note?: string;
  /** Whom the subject meant, when that is known. */
  readonly userId?: string;
};

/** What the checks look at, all at once. */
export type Presented = {
  readonly salesforce: Salesforce;
  readonly issuer: string;
  readonly response: ReceivedResponse;
  readonly verified: Verified;
  readonly now: number;
};
type Check = (presented: Presented) => Failure | undefined;

/** In the product's order, after the signature: the first problem is the one in Login History. */
const CHECKS: readonly Check[] = [
  checkIssuer,
  checkAudience,
  checkRecipient,
  checkConfirmation,
  checkTimes,
  checkReplay,
  checkRequest,
  checkSubject,
];

/** @returns the first problem of a response whose signature is good. Uses nothing up. */
export function findFailure(presented: Presented): Failure | undefined {
  for (const check of CHECKS) {
    const failure = check(presented);
    if (failure) return failure;
  }
  return undefined;
}

/** A response that carries a refusal instead of an assertion. */
export function statusFailure(response: ReceivedResponse): Failure | undefined {
  return isSuccess(response)
    ? undefined
    : { status: 'Failed: Assertion Invalid', note: `Status ${response.status.join(', ')}` };
}

function checkIssuer({ issuer, response, verified: { assertion } }: Presented): Failure | undefined {
  const wrong = [assertion.issuer, response.issuer ?? issuer].find((each) => each !== issuer);
  return wrong === undefined ? undefined : { status: 'Failed: Issuer Mismatched', note: wrong };
}

function checkAudience({ salesforce, verified: { assertion } }: Presented): Failure | undefined {
  const { entityId } = endpointsOf(salesforce);
  const meant =
    assertion.audiences.length > 0 && assertion.audiences.every((each) => each.includes(entityId));
  const note = `Expected ${entityId}, got ${assertion.audiences.flat().join(', ') || 'none'}`;
  return meant ? undefined : { status: 'Failed: Audience Invalid', note };
}

/** Compared as addresses: an absent path and `/` are the same. */
function sameAddress(left: string | undefined, right: string): boolean {
  return left !== undefined && URL.canParse(left) && new URL(left).href === new URL(right).href;
}

function checkRecipient({ salesforce, response, verified: { assertion } }: Presented): Failure | undefined {
  const { acs } = endpointsOf(salesforce);
  const { destination } = response;
  const goodDestination = destination === undefined || sameAddress(destination, acs);
  const recipients = assertion.confirmations.map(({ recipient }) => recipient);
  // Without any confirmation there is no Recipient to compare; the next check has its own words for that.
  const goodRecipient = recipients.length === 0 || recipients.some((each) => sameAddress(each, acs));
  if (goodDestination && goodRecipient) return undefined;
  return { status: 'Failed: Recipient Mismatched', note: `Expected ${acs}` };
}

function checkConfirmation({ salesforce, verified: { assertion }, now }: Presented): Failure | undefined {
  const skew = salesforce.switches.positions.skewSeconds * 1_000;
  const good = assertion.confirmations.some(
    ({ method, notOnOrAfter }) =>
      method === BEARER && notOnOrAfter !== undefined && notOnOrAfter.getTime() + skew > now,
  );
  return good ? undefined : { status: 'Failed: Subject Confirmation Error' };
}

/** The age counts from IssueInstant; conditions may only make it shorter. */
function checkTimes({ salesforce, verified: { assertion }, now }: Presented): Failure | undefined {
  const { maxAgeSeconds, skewSeconds } = salesforce.switches.positions;
  const skew = skewSeconds * 1_000;
  const issued = assertion.issued.getTime();
  const from = Math.max(issued, assertion.notBefore?.getTime() ?? issued);
  const until = Math.min(issued + maxAgeSeconds * 1_000, assertion.notOnOrAfter?.getTime() ?? Infinity);
  const good = from - skew <= now && now < until + skew;
  return good
    ? undefined
    : { status: 'Failed: Assertion Expired', note: `Issued ${assertion.issued.toISOString()}` };
}

function checkReplay({ salesforce, verified: { assertion } }: Presented): Failure | undefined {
  return salesforce.store.seen.has(assertion.id) ? { status: 'Failed: Replay Detected' } : undefined;
}

function checkRequest({ salesforce, response, verified: { assertion } }: Presented): Failure | undefined {
  const { inResponseTo, unsolicited } = salesforce.switches.positions;
  const named = [response, ...assertion.confirmations].flatMap((each) => each.inResponseTo ?? []);
  if (named.length === 0) {
    return unsolicited === 'accepted'
      ? undefined
      : { status: 'Failed: Configuration Error/Perm Disabled', note: 'Unsolicited' };
  }
  const unknown = named.find((id) => !salesforce.store.requests.has(id));
  if (unknown === undefined || inResponseTo === 'ignored') return undefined;
  return { status: 'Failed: Assertion Invalid', note: `InResponseTo ${unknown} is no open request` };
}

function checkSubject({ verified: { assertion } }: Presented): Failure | undefined {
  return assertion.nameId?.value ? undefined : { status: 'Failed: Assertion Invalid', note: 'No subject' };
}
