import type { Request, Response } from 'express';
import type { Assertion } from '../saml/assertion.ts';
import { readResponse, type Verified, verifyResponse } from '../saml/response.ts';
import { challenge } from './challenge.ts';
import { type Failure, findFailure, statusFailure } from './checks.ts';
import { type ProvisionFailure, provision } from './jit.ts';
import { landing } from './landing.ts';
import { sendFailurePage } from './pages.ts';
import { recordLogin, type Salesforce } from './server.ts';
import { isActivated, openSession } from './session.ts';
import type { Challenge } from './store.ts';
import { readStrength } from './strength.ts';
import { isFrozen, isPrivileged, type User, usersOf } from './users.ts';

/** `POST /?so=…`: the assertion consumer service. */
export async function consumeAssertion(salesforce: Salesforce, req: Request, res: Response): Promise<void> {
  const body = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const relayState = typeof body['RelayState'] === 'string' ? body['RelayState'] : undefined;
  const believed = await believe(salesforce, req, body['SAMLResponse']);
  if ('status' in believed) return fail(salesforce, res, believed, unknownRow(body['SAMLResponse']));
  const { assertion, requestId } = believed;
  const row = loginRow(salesforce, assertion, requestId);
  const note = relayNote(salesforce, requestId, relayState);
  useUp(salesforce, assertion);
  const found = findUser(salesforce, assertion);
  if ('code' in found) return failProvisioning(salesforce, res, found, row);
  if ('status' in found) return fail(salesforce, res, found, row);
  await admit(salesforce, req, res, {
    user: found.user,
    assertion,
    relayState,
    row: { ...row, UserId: found.user.Id, ...(note !== undefined && { note }) },
  });
}

type Believed = { readonly assertion: Assertion; readonly requestId: string | undefined };

async function believe(salesforce: Salesforce, req: Request, field: unknown): Promise<Believed | Failure> {
  const { store, switches, needs, identityProvider } = salesforce;
  const { samlEnabled, sha1 } = switches.positions;
  const so = req.query['so'];
  const known = so === undefined || so === store.organizationId || so === store.organizationId.slice(0, 15);
  const provider = await identityProvider.find();
  if (!samlEnabled || !known || !provider) return { status: 'Failed: Configuration Error/Perm Disabled' };
  const response = readResponse(field);
  if (!response) return { status: 'Failed: Assertion Invalid', note: 'Not readable' };
  const refusal = statusFailure(response);
  if (refusal) return refusal;
  const verified = await identityProvider.withKeys<Verified>((keys) =>
    verifyResponse(response, keys, { sha1 }),
  );
  if (!verified) return { status: 'Failed: Signature Invalid' };
  const now = needs.clock.now().getTime();
  const failure = findFailure({ salesforce, issuer: provider.entityId, response, verified, now });
  if (failure) return failure;
  const { assertion } = verified;
  return { assertion, requestId: assertion.confirmations[0]?.inResponseTo ?? response.inResponseTo };
}

function useUp({ store }: Salesforce, assertion: Assertion): void {
  store.seen.add(assertion.id);
  for (const { inResponseTo } of assertion.confirmations) store.requests.delete(inResponseTo ?? '');
}

function loginRow(
  salesforce: Salesforce,
  assertion: Assertion,
  requestId: string | undefined,
): Challenge['row'] {
  const { methods, classRef } = readStrength(salesforce, assertion);
  return {
    UserId: null,
    LoginType: requestId === undefined ? 'SAML Idp Initiated SSO' : 'SAML Sfdc Initiated SSO',
    AuthMethodReference: methods.length === 0 ? null : methods.join(','),
    AuthContextClassRef: classRef,
  };
}

/** The product trusts RelayState blindly; whoever tests an identity provider wants to know. */
function relayNote(
  { store }: Salesforce,
  requestId: string | undefined,
  relayState: string | undefined,
): string | undefined {
  const sent = store.requests.get(requestId ?? '');
  return sent === undefined || sent === relayState
    ? undefined
    : 'RelayState did not come back as it was sent';
}

type Found = { readonly user: User };

/** The user whom the subject means, made or updated first while provisioning is on. */
function findUser(salesforce: Salesforce, assertion: Assertion): Found | Failure | ProvisionFailure {
  const { userProvisioning } = salesforce.switches.positions;
  let user = userBySubject(salesforce, assertion.nameId?.value ?? '');
  if (userProvisioning) {
    const result = provision(salesforce, assertion, user);
    if (result.outcome === 'failed') return result;
    user = result.user;
  }
  if (!user) return { status: 'Failed: Assertion Invalid', note: 'No user has this subject' };
  if (!user.IsActive) return { status: 'Failed: User Is Inactive', userId: user.Id };
  return isFrozen(salesforce.store, user.Id)
    ? { status: 'Failed: User Is Frozen', userId: user.Id }
    : { user };
}

function userBySubject({ store, switches }: Salesforce, subject: string): User | undefined {
  const { identityMapping, federationIdCase } = switches.positions;
  return usersOf(store).find((user) => {
    if (identityMapping === 'Username') return user.Username.toLowerCase() === subject.toLowerCase();
    const id = user.FederationIdentifier ?? undefined;
    return federationIdCase === 'sensitive' ? id === subject : id?.toLowerCase() === subject.toLowerCase();
  });
}

type Admission = Pick<Challenge, 'row' | 'relayState'> & {
  readonly user: User;
  readonly assertion: Assertion;
};

/** Lets the person in, or asks for what the identity provider did not vouch for. */
async function admit(
  salesforce: Salesforce,
  req: Request,
  res: Response,
  admission: Admission,
): Promise<void> {
  const { user, assertion, row, relayState } = admission;
  const mode = salesforce.switches.positions.strongAuthentication;
  const { level } = readStrength(salesforce, assertion);
  const session = {
    userId: user.Id,
    nameId: assertion.nameId?.value ?? '',
    nameIdFormat: assertion.nameId?.format ?? '',
    sessionIndex: assertion.authn?.sessionIndex,
  };
  const needsProof =
    mode === '2026-07' && isPrivileged(salesforce.store, user.Id, salesforce.needs.clock.now());
  if (needsProof && level !== 'phishing-resistant') {
    return fail(salesforce, res, { status: 'Failed: Phishing-Resistant Authentication Required' }, row);
  }
  const remembers = mode === '2026-02';
  const asks = mode !== 'off' && level === 'weak' && !(remembers && isActivated(salesforce, req, user));
  if (asks) return challenge(salesforce, res, { session, row, relayState, remembers });
  openSession(salesforce, req, res, session);
  recordLogin(salesforce, { ...row, Status: 'Success' });
  res.redirect(302, landing(salesforce, relayState));
}

function fail(
  salesforce: Salesforce,
  res: Response,
  { status, note, userId }: Failure,
  row: Challenge['row'],
): void {
  recordLogin(salesforce, {
    ...{ ...row, Status: status, UserId: userId ?? row.UserId },
    ...(note !== undefined && { note }),
  });
  const { errorUrl, errorUrlFor } = salesforce.switches.positions;
  if (errorUrl !== null && errorUrlFor === 'every-failure') res.redirect(302, errorUrl);
  else sendFailurePage(res);
}

/** What Login History has of a response that nobody believes. */
function unknownRow(field: unknown): Challenge['row'] {
  const isAnswer = readResponse(field)?.inResponseTo !== undefined;
  return {
    UserId: null,
    LoginType: isAnswer ? 'SAML Sfdc Initiated SSO' : 'SAML Idp Initiated SSO',
    AuthMethodReference: null,
    AuthContextClassRef: null,
  };
}

/** Provisioning errors travel in the address, to the custom page or to the product's own. */
function failProvisioning(
  salesforce: Salesforce,
  res: Response,
  { code, description, details }: ProvisionFailure,
  row: Challenge['row'],
): void {
  recordLogin(salesforce, { ...row, Status: 'Failed: SAML Provision Error', note: `${code} ${details}` });
  const query = new URLSearchParams({
    ErrorCode: String(code),
    ErrorDescription: description,
    ErrorDetails: details,
  });
  const base = salesforce.switches.positions.errorUrl ?? '/identity/jit/saml-error.jsp';
  res.redirect(302, `${base}${base.includes('?') ? '&' : '?'}${query}`);
}
