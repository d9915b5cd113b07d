import type { Request, Response } from 'express';
import { readMessage } from '../saml/message.ts';
import { STATUS } from '../saml/names.ts';
import { type AuthnRequest, readAuthnRequest } from './authn-request.ts';
import { sendAutoPost, sendErrorPage, sendLoginForm } from './pages.ts';
import { writeFailure, writeResponse } from './response.ts';
import { type AccessManager, endpointsOf } from './server.ts';
import { chooseAcs } from './service-providers.ts';
import { currentSession, type SignedIn } from './session.ts';
import { type Pending, randomToken, randomXmlId } from './store.ts';
import { nameIdOf } from './subject.ts';

/** `/nidp/saml2/sso`, both bindings: checks the request, parks it, and goes on at a page that sees the cookie. */
export async function receiveAuthnRequest(am: AccessManager, req: Request, res: Response): Promise<void> {
  const message = readMessage(req);
  const request = message?.kind === 'SAMLRequest' ? readAuthnRequest(message.root) : undefined;
  if (!message || !request) return sendErrorPage(res, 400, 'The authentication request cannot be read.');
  const provider = await am.serviceProviders.find(request.issuer);
  if (!provider) {
    return sendErrorPage(res, 403, untrusted(am, request.issuer));
  }
  if (request.destination !== undefined && request.destination !== endpointsOf(am).sso) {
    return sendErrorPage(res, 400, 'The request is addressed to somebody else.');
  }
  const acs = chooseAcs(provider, request.acs);
  if (!acs) return sendErrorPage(res, 400, 'The assertion consumer service is not in the metadata.');
  const mustSign = provider.signsRequests || am.switches.positions.wantAuthnRequestsSigned;
  const isSigned = message.signature === 'present';
  if ((mustSign || isSigned) && !message.isSignedBy(provider.signingCertificates)) {
    return sendErrorPage(
      res,
      403,
      isSigned ? 'The signature of the request is wrong.' : 'The request is not signed.',
    );
  }
  park(am, res, {
    entityId: provider.entityId,
    acsUrl: acs.location,
    request,
    ...(message.relayState !== undefined && { relayState: message.relayState }),
  });
}

/** `/nidp/saml2/idpsend?PID=…&TARGET=…` or `?id=n`: a login that nobody asked for. */
export async function startUnsolicited(am: AccessManager, req: Request, res: Response): Promise<void> {
  const { PID: entityId, id, TARGET: target } = req.query;
  const registered = am.needs.broker().serviceProviders;
  const wanted = typeof entityId === 'string' ? entityId : registered[Number(id ?? '0')]?.entityId;
  const provider = wanted === undefined ? undefined : await am.serviceProviders.find(wanted);
  const acs = provider && chooseAcs(provider);
  if (!provider || !acs) return sendErrorPage(res, 400, 'No such service provider.');
  park(am, res, {
    entityId: provider.entityId,
    acsUrl: acs.location,
    ...(typeof target === 'string' && { relayState: target }),
  });
}

/** Which of the two it is: an operator looks in different places. */
function untrusted(am: AccessManager, entityId: string): string {
  return am.serviceProviders.isRegistered(entityId)
    ? `The metadata of the service provider "${entityId}" cannot be read, or names another entity.`
    : `No trusted service provider "${entityId}".`;
}

function park(am: AccessManager, res: Response, pending: Pending): void {
  const id = randomToken();
  am.store.pending.set(id, pending);
  res.redirect(303, `/nidp/app/login?sid=${id}`);
}

/** A parked request meets its browser: answered from the session, refused, or the login form. */
export async function resume(
  am: AccessManager,
  req: Request,
  res: Response,
  pendingId: string,
): Promise<void> {
  const pending = am.store.pending.get(pendingId);
  if (!pending) return sendErrorPage(res, 400, 'The sign-in has ended or was answered before.');
  const current = currentSession(am, req);
  if (current && !pending.request?.forceAuthn) return finish(am, res, pendingId, pending, current);
  if (pending.request?.isPassive) {
    return refuse(am, res, pendingId, pending, [STATUS.responder, STATUS.noPassive]);
  }
  sendLoginForm(res, { pendingId });
}

/** Answers a parked request for a signed-in person; each is answered once. */
export async function finish(
  am: AccessManager,
  res: Response,
  pendingId: string,
  pending: Pending,
  { session, person }: SignedIn,
): Promise<void> {
  const { entityId, acsUrl, request } = pending;
  const authnContext = satisfiedContext(am, request);
  if (authnContext === undefined) {
    return refuse(am, res, pendingId, pending, [STATUS.responder, STATUS.noAuthnContext]);
  }
  const nameId = nameIdOf(am, person, entityId, request?.nameIdFormat);
  if (!nameId) return refuse(am, res, pendingId, pending, [STATUS.requester, STATUS.invalidNameIdPolicy]);
  const provider = await am.serviceProviders.find(entityId);
  if (!provider) return sendErrorPage(res, 403, 'The service provider is not trusted any more.');
  am.store.pending.delete(pendingId);
  const sessionIndex = randomXmlId();
  session.participants.push({ entityId, nameId: nameId.value, nameIdFormat: nameId.format, sessionIndex });
  const response = await writeResponse(am, provider, {
    person,
    session,
    nameId,
    sessionIndex,
    entityId,
    acsUrl,
    authnContext,
    ...(request && { requestId: request.id }),
  });
  deliver(am, res, pending, response);
}

async function refuse(
  am: AccessManager,
  res: Response,
  pendingId: string,
  pending: Pending,
  status: readonly [string, string],
): Promise<void> {
  am.store.pending.delete(pendingId);
  deliver(am, res, pending, await writeFailure(am, pending.acsUrl, pending.request?.id, status));
}

function deliver(am: AccessManager, res: Response, pending: Pending, response: string): void {
  const override = am.switches.positions.relayStateOverride;
  const relayState = override === '' ? undefined : (override ?? pending.relayState);
  sendAutoPost(res, pending.acsUrl, {
    SAMLResponse: Buffer.from(response).toString('base64'),
    RelayState: relayState,
  });
}

/** A password login satisfies the configured contract and nothing else. */
function satisfiedContext(am: AccessManager, request: AuthnRequest | undefined): string | undefined {
  const { authnContext } = am.switches.positions;
  const wanted = request?.authnContexts ?? [];
  return wanted.length === 0 || wanted.includes(authnContext) ? authnContext : undefined;
}
