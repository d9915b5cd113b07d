import type { Request, Response } from 'express';
import { addressFor } from '../saml/identity-provider.ts';
import { type Message, readMessage } from '../saml/message.ts';
import { BINDING, NS, STATUS } from '../saml/names.ts';
import { readLogoutRequest, writeLogoutRequest, writeLogoutResponse } from '../saml/requests.ts';
import { redirectAddress } from '../saml/send.ts';
import { child, textOf } from '../saml/xml.ts';
import { type Trust, trustById } from './identity-providers.ts';
import { sendFailure } from './pages.ts';
import { BRAND, HOST, type Iconik, logoutSigner } from './server.ts';
import { endNamedSessions, endSession } from './session.ts';
import { randomXmlId } from './store.ts';

const signedOut = (iconik: Iconik): string => iconik.needs.url(HOST, '/login?signed-out');

/** Ends the session here. @returns where the browser goes next: the identity provider, or undefined. */
export async function signOut(iconik: Iconik, req: Request, res: Response): Promise<string | undefined> {
  const session = endSession(iconik, req, res);
  const trust = session && trustById(iconik, session.identityProviderId);
  const provider = await trust?.find();
  const location = provider?.slo[BINDING.redirect];
  const { logout } = iconik.switches.positions;
  if (!session || !trust || location === undefined || logout === 'local') return undefined;
  if (logout === 'plain-redirect') return location;
  const id = randomXmlId();
  const text = writeLogoutRequest({
    id,
    issuer: trust.entityId,
    destination: location,
    now: iconik.needs.clock.now(),
    subject: session,
  });
  return redirectAddress({
    kind: 'SAMLRequest',
    id,
    text,
    to: { binding: 'redirect', location },
    relayState: signedOut(iconik),
    signedBy: await logoutSigner(iconik),
    brand: BRAND,
  });
}

/** `GET …/saml/slo/{public_id}/`: an answer or a request of the identity provider; without a message, a sign-out. */
export async function receiveLogout(
  iconik: Iconik,
  trust: Trust,
  req: Request,
  res: Response,
): Promise<void> {
  if (!('SAMLRequest' in req.query) && !('SAMLResponse' in req.query)) {
    res.redirect(302, (await signOut(iconik, req, res)) ?? signedOut(iconik));
    return;
  }
  const message = readMessage(req);
  if (!message) return sendFailure(iconik, res, 400, 'The logout message cannot be read.');
  const problem = await findProblem(iconik, trust, message);
  if (problem !== undefined) return sendFailure(iconik, res, 401, problem);
  if (message.root.localName === 'LogoutResponse') {
    res.redirect(302, signedOut(iconik));
    return;
  }
  await answerRequest({ iconik, trust, req, res }, message);
}

async function findProblem(iconik: Iconik, trust: Trust, message: Message): Promise<string | undefined> {
  const provider = await trust.find();
  const issuer = textOf(child(message.root, NS.assertion, 'Issuer'));
  if (!provider || issuer !== provider.entityId) return 'The logout message is from somebody else.';
  const mustSign = iconik.switches.positions.requireSignedLogout || message.signature === 'present';
  const isSigned = await trust.withKeys((keys) => message.isSignedBy(keys) || undefined);
  return mustSign && !isSigned ? 'The signature of the logout message is missing or wrong.' : undefined;
}

type Visit = {
  readonly iconik: Iconik;
  readonly trust: Trust;
  readonly req: Request;
  readonly res: Response;
};

async function answerRequest({ iconik, trust, req, res }: Visit, message: Message): Promise<void> {
  const request = readLogoutRequest(message.root);
  const provider = await trust.find();
  if (!request || !provider) return sendFailure(iconik, res, 400, 'The logout request cannot be read.');
  const now = iconik.needs.clock.now();
  if (request.destination !== undefined && request.destination !== trust.slo) {
    return sendFailure(iconik, res, 401, 'The logout request is for somebody else.');
  }
  if (request.notOnOrAfter && request.notOnOrAfter <= now) {
    return sendFailure(iconik, res, 401, 'The logout request has expired.');
  }
  endNamedSessions(iconik, request.nameId, request.sessionIndexes);
  endSession(iconik, req, res);
  const to = addressFor(provider.sloResponse, 'redirect');
  if (to?.binding !== 'redirect') return res.redirect(302, signedOut(iconik));
  const id = randomXmlId();
  const text = writeLogoutResponse({
    id,
    issuer: trust.entityId,
    destination: to.location,
    now,
    inResponseTo: request.id,
    status: STATUS.success,
  });
  const { relayState } = message;
  const signedBy = await logoutSigner(iconik);
  res.redirect(
    302,
    redirectAddress({ kind: 'SAMLResponse', id, text, to, relayState, signedBy, brand: BRAND }),
  );
}
