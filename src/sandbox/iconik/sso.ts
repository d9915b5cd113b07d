import type { Request, Response } from 'express';
import { addressFor } from '../saml/identity-provider.ts';
import { NAME_ID, NS } from '../saml/names.ts';
import { writeAuthnRequest } from '../saml/requests.ts';
import {
  isSuccess,
  type ReceivedResponse,
  readResponse,
  type Verified,
  verifyResponse,
} from '../saml/response.ts';
import { sendMessage } from '../saml/send.ts';
import { writeServiceProviderMetadata } from '../saml/sp-metadata.ts';
import { type Claims, findProblem, readClaims, signaturesWanted } from './checks.ts';
import type { Trust } from './identity-providers.ts';
import { type Provisioned, provision } from './jit.ts';
import { sendFailure } from './pages.ts';
import { BRAND, HOST, type Iconik, logoutSigner, recordLogin } from './server.ts';
import { openSession } from './session.ts';
import { randomXmlId } from './store.ts';
import { now, userByEmail } from './users.ts';

const FORMATS = { email: NAME_ID.email, unspecified: NAME_ID.unspecified, none: undefined } as const;
const PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';

/** `GET …/saml/metadata/{public_id}/`: public, so that nobody has to type it. */
export async function sendMetadata(iconik: Iconik, trust: Trust, res: Response): Promise<void> {
  const { entityId, acs, slo } = trust;
  const signer = await logoutSigner(iconik);
  const metadata = writeServiceProviderMetadata({
    entityId,
    acsUrl: acs,
    slo: { bindings: ['redirect'], location: slo },
    signsRequests: false,
    wantsSignedAssertions: signaturesWanted(iconik, trust).requireSignedAssertion,
    nameIdFormat: NAME_ID.email,
    ...(signer && { certificatePem: signer.certificatePem }),
  });
  res.type('application/xml').send(metadata);
}

/** `GET …/saml/sso/{public_id}/?return_to=…`: sends the browser to the identity provider with an unsigned request. */
export async function startSignOn(iconik: Iconik, trust: Trust, req: Request, res: Response): Promise<void> {
  const { requestBinding, nameIdPolicy, requestedContext } = iconik.switches.positions;
  const provider = await trust.find();
  const to = provider && addressFor(provider.sso, requestBinding);
  if (!to) return sendFailure(iconik, res, 400, 'The identity provider is not set up.');
  const { entityId, acs } = trust;
  const id = randomXmlId();
  const text = writeAuthnRequest({
    id,
    issuer: entityId,
    destination: to.location,
    now: iconik.needs.clock.now(),
    acsUrl: acs,
    nameIdFormat: FORMATS[nameIdPolicy],
    authnContext: requestedContext === 'none' ? undefined : PASSWORD,
  });
  iconik.store.requests.add(id);
  const { return_to: wanted } = req.query;
  const relayState = typeof wanted === 'string' ? wanted : iconik.needs.url(HOST, '/');
  sendMessage(res, { kind: 'SAMLRequest', id, text, to, relayState, brand: BRAND });
}

/** `POST …/saml/acs/{public_id}/`: believes the response or says why not. */
export async function consumeAssertion(
  iconik: Iconik,
  trust: Trust,
  req: Request,
  res: Response,
): Promise<void> {
  const body = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const response = readResponse(body['SAMLResponse']);
  if (!response) return refuse(iconik, res, 400, 'There is no readable SAML response.');
  const provider = await trust.find();
  if (!provider) return refuse(iconik, res, 400, 'The identity provider is not set up.');
  const verified = await verify(iconik, trust, response);
  if (!verified) return refuse(iconik, res, 401, signatureProblem(response));
  const problem = findProblem({
    iconik,
    trust,
    provider,
    response,
    verified,
    now: iconik.needs.clock.now().getTime(),
    driftMs: iconik.switches.positions.driftSeconds * 1_000,
  });
  if (problem !== undefined) return refuse(iconik, res, 401, problem, verified);
  useUp(iconik, response, verified);
  signIn({ iconik, trust, req, res }, verified, body['RelayState']);
}

function verify(iconik: Iconik, trust: Trust, response: ReceivedResponse): Promise<Verified | undefined> {
  const { sha1 } = iconik.switches.positions;
  return trust.withKeys(
    (certificates) => verifyResponse(response, certificates, { sha1 }),
    certificatesIn(response),
  );
}

/** What the message says its keys are; worth something only where a fingerprint names one of them. */
function certificatesIn({ root }: ReceivedResponse): readonly string[] {
  const elements = Array.from(root.getElementsByTagNameNS(NS.signature, 'X509Certificate'));
  return elements.map((element) => element.textContent ?? '');
}

function signatureProblem(response: ReceivedResponse): string {
  return isSuccess(response)
    ? 'Signature validation failed. The response is refused.'
    : `The identity provider answered ${response.status.join(', ')}.`;
}

function useUp({ store }: Iconik, response: ReceivedResponse, { assertion }: Verified): void {
  store.seen.add(assertion.id);
  for (const { inResponseTo } of [response, ...assertion.confirmations]) {
    if (inResponseTo !== undefined) store.requests.delete(inResponseTo);
  }
}

type Visit = {
  readonly iconik: Iconik;
  readonly trust: Trust;
  readonly req: Request;
  readonly res: Response;
};

function signIn({ iconik, trust, req, res }: Visit, verified: Verified, relayState: unknown): void {
  const claims = readClaims(iconik, verified.assertion);
  const result = letIn(iconik, trust, claims);
  if (result.outcome === 'refused') {
    refuse(iconik, res, 401, result.problem, verified);
    return;
  }
  openSession({ iconik, trust, req, res }, result.user, verified.assertion);
  recordLogin(iconik, {
    outcome: 'signed-in',
    email: result.user.email,
    created: result.created,
    groups: claims.groups ?? [],
  });
  res.redirect(302, landing(iconik, relayState));
}

function letIn(iconik: Iconik, trust: Trust, claims: Claims): Provisioned {
  const { domainStatus } = iconik.switches.positions;
  return domainStatus === 'FROZEN' || domainStatus === 'DEACTIVATED'
    ? { outcome: 'refused', problem: `The system domain is ${domainStatus.toLowerCase()}.` }
    : provision(iconik, trust.record, claims);
}

/** Deep links stay inside iconik. */
function landing({ needs }: Iconik, relayState: unknown): string {
  const home = needs.url(HOST, '/');
  if (typeof relayState !== 'string' || !URL.canParse(relayState, home)) return home;
  const wanted = new URL(relayState, home);
  return wanted.origin === new URL(home).origin ? wanted.href : home;
}

function refuse(iconik: Iconik, res: Response, status: number, problem: string, verified?: Verified): void {
  const email = verified?.assertion.nameId?.value;
  const user = email === undefined ? undefined : userByEmail(iconik, email);
  if (user) user.last_unsuccessful_auth = now(iconik);
  recordLogin(iconik, { outcome: 'refused', problem, ...(email !== undefined && { email }) });
  sendFailure(iconik, res, status, problem);
}
