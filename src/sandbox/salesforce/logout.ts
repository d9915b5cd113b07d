import type { Request, Response } from 'express';
import { addressFor } from '../saml/identity-provider.ts';
import { type Message, readMessage } from '../saml/message.ts';
import { NS, STATUS } from '../saml/names.ts';
import { readLogoutRequest, writeLogoutRequest, writeLogoutResponse } from '../saml/requests.ts';
import { sendMessage } from '../saml/send.ts';
import { attributeOf, child, textOf } from '../saml/xml.ts';
import { sendFailurePage } from './pages.ts';
import { BRAND, endpointsOf, type Salesforce, signer } from './server.ts';
import { endNamedSessions, endSession } from './session.ts';
import { randomXmlId } from './store.ts';

/** `/secur/logout.jsp`: ends the session here, then tells the identity provider through the same browser. */
export async function logOut(salesforce: Salesforce, req: Request, res: Response): Promise<void> {
  const { singleLogout, singleLogoutBinding } = salesforce.switches.positions;
  const session = endSession(salesforce, req, res);
  const provider = await salesforce.identityProvider.find();
  const to = provider && addressFor(provider.slo, singleLogoutBinding);
  if (!session || !to || !singleLogout) return finish(salesforce, res);
  const id = randomXmlId();
  const text = writeLogoutRequest({
    id,
    issuer: endpointsOf(salesforce).entityId,
    destination: to.location,
    now: salesforce.needs.clock.now(),
    subject: session,
  });
  salesforce.store.logoutRequests.add(id);
  sendMessage(res, { kind: 'SAMLRequest', id, text, to, signedBy: await signer(salesforce), brand: BRAND });
}

function finish({ switches }: Salesforce, res: Response): void {
  res.redirect(302, switches.positions.logoutUrl ?? '/secur/logged-out.jsp');
}

/** `/services/auth/sp/saml2/logout`, both bindings: an answer to our request, or a request. */
export async function receiveLogout(salesforce: Salesforce, req: Request, res: Response): Promise<void> {
  const message = readMessage(req);
  if (!message || !(await isTrusted(salesforce, message))) return sendFailurePage(res, 403);
  const { root } = message;
  if (root.localName === 'LogoutResponse') {
    const answered = salesforce.store.logoutRequests.delete(attributeOf(root, 'InResponseTo') ?? '');
    return answered ? finish(salesforce, res) : sendFailurePage(res, 403);
  }
  await answerRequest(salesforce, req, res, message);
}

async function isTrusted(salesforce: Salesforce, message: Message): Promise<boolean> {
  const { identityProvider, switches } = salesforce;
  const provider = await identityProvider.find();
  if (textOf(child(message.root, NS.assertion, 'Issuer')) !== provider?.entityId) return false;
  if (message.signature === 'none') return !switches.positions.requireSignedLogout;
  return (await identityProvider.withKeys((keys) => message.isSignedBy(keys) || undefined)) ?? false;
}

async function answerRequest(
  salesforce: Salesforce,
  req: Request,
  res: Response,
  message: Message,
): Promise<void> {
  const { needs, identityProvider, switches } = salesforce;
  const request = readLogoutRequest(message.root);
  const now = needs.clock.now();
  const { entityId, slo } = endpointsOf(salesforce);
  const isStale = request?.notOnOrAfter !== undefined && request.notOnOrAfter <= now;
  const isOurs = request?.destination === undefined || request.destination === slo;
  if (!request || isStale || !isOurs) return sendFailurePage(res, 403);
  endNamedSessions(salesforce, request.nameId, request.sessionIndexes);
  endSession(salesforce, req, res);
  const provider = await identityProvider.find();
  const to = provider && addressFor(provider.sloResponse, switches.positions.singleLogoutBinding);
  if (!to) return finish(salesforce, res);
  const id = randomXmlId();
  const text = writeLogoutResponse({
    ...{ id, issuer: entityId, destination: to.location, now },
    inResponseTo: request.id,
    status: STATUS.success,
  });
  const { relayState } = message;
  const signedBy = await signer(salesforce);
  sendMessage(res, { kind: 'SAMLResponse', id, text, to, relayState, signedBy, brand: BRAND });
}
