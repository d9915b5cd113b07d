import { deflateRawSync } from 'node:zlib';
import type { Request, Response } from 'express';
import { html } from '../html.ts';
import { type Message, readMessage } from '../saml/message.ts';
import { BINDING, NS, STATUS } from '../saml/names.ts';
import { signElement, signQuery } from '../saml/signing.ts';
import { attributeOf, child, textOf, type Xml, xml } from '../saml/xml.ts';
import { sendAutoPost, sendErrorPage, sendPage } from './pages.ts';
import { type AccessManager, endpointsOf, signingCertificate } from './server.ts';
import type { ServiceProvider } from './service-providers.ts';
import { endSession } from './session.ts';
import { type BrowserSession, type Participant, randomXmlId } from './store.ts';

/** `/nidp/saml2/slo` and `slo_return`, both bindings (SAML Profiles 4.4). */
export async function receiveLogout(am: AccessManager, req: Request, res: Response): Promise<void> {
  const message = readMessage(req);
  const name = message?.root.localName;
  if (!message || (name !== 'LogoutRequest' && name !== 'LogoutResponse')) {
    return sendErrorPage(res, 400, 'The logout message cannot be read.');
  }
  const issuer = textOf(child(message.root, NS.assertion, 'Issuer')) ?? '';
  const provider = await am.serviceProviders.find(issuer);
  if (!provider) return sendErrorPage(res, 403, `No trusted service provider "${issuer}".`);
  const mustSign = am.switches.positions.requireSignedLogout || message.signature === 'present';
  if (mustSign && !message.isSignedBy(provider.signingCertificates)) {
    return sendErrorPage(res, 403, 'The signature of the logout message is missing or wrong.');
  }
  if (name === 'LogoutResponse') return sendSignedOut(res);
  const destination = attributeOf(message.root, 'Destination');
  if (destination !== undefined && destination !== endpointsOf(am).slo) {
    return sendErrorPage(res, 400, 'The request is addressed to somebody else.');
  }
  await answerLogoutRequest(am, req, res, provider, message);
}

async function answerLogoutRequest(
  am: AccessManager,
  req: Request,
  res: Response,
  provider: ServiceProvider,
  message: Message,
): Promise<void> {
  const known = endNamedSession(am, message.root, provider.entityId);
  if (known) endSession(am, req, res);
  const status = known ? STATUS.success : STATUS.requester;
  const id = randomXmlId();
  const answer = xml`<samlp:LogoutResponse ${head(am, id)} Destination="${responseLocation(provider)}" InResponseTo="${attributeOf(message.root, 'ID') ?? ''}">${issuerOf(am)}<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status></samlp:LogoutResponse>`;
  await send(am, res, provider, {
    kind: 'SAMLResponse',
    id,
    text: answer.text,
    relayState: message.relayState,
  });
}

/** Ends the sessions in which this service provider knows the person by this name (and index, if it gives one). */
function endNamedSession(am: AccessManager, root: Element, entityId: string): boolean {
  const nameId = textOf(child(root, NS.assertion, 'NameID'));
  const index = textOf(child(root, NS.protocol, 'SessionIndex'));
  const isMeant = (each: Participant): boolean =>
    each.entityId === entityId &&
    each.nameId === nameId &&
    (index === undefined || each.sessionIndex === index);
  const meant = [...am.store.sessions.values()].filter(({ participants }) => participants.some(isMeant));
  for (const { id } of meant) am.store.sessions.delete(id);
  return meant.length > 0;
}

/** `/nidp/app/logout`: ends the session here and tells the service provider that took part last. */
export async function logoutHere(am: AccessManager, req: Request, res: Response): Promise<void> {
  const session = endSession(am, req, res);
  const participant = session?.participants.at(-1);
  const provider = participant && (await am.serviceProviders.find(participant.entityId));
  if (!session || !participant || !provider || provider.slo.length === 0) return sendSignedOut(res);
  await sendLogoutRequest(am, res, provider, session, participant);
}

async function sendLogoutRequest(
  am: AccessManager,
  res: Response,
  provider: ServiceProvider,
  session: BrowserSession,
  participant: Participant,
): Promise<void> {
  const id = randomXmlId();
  const indexes = session.participants
    .filter(({ entityId }) => entityId === participant.entityId)
    .map(({ sessionIndex }) => xml`<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex>`);
  const notOnOrAfter = new Date(am.needs.clock.now().getTime() + 300_000).toISOString();
  const text = xml`<samlp:LogoutRequest ${head(am, id)} Destination="${service(provider)?.location ?? ''}" NotOnOrAfter="${notOnOrAfter}">${issuerOf(am)}<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="${participant.nameIdFormat}">${participant.nameId}</saml:NameID>${indexes}</samlp:LogoutRequest>`;
  await send(am, res, provider, { kind: 'SAMLRequest', id, text: text.text, relayState: undefined });
}

type Outgoing = {
  readonly kind: 'SAMLRequest' | 'SAMLResponse';
  readonly id: string;
  readonly text: string;
  readonly relayState: string | undefined;
};

/** By redirect where the service provider takes that, else by POST; signed either way. */
async function send(
  am: AccessManager,
  res: Response,
  provider: ServiceProvider,
  out: Outgoing,
): Promise<void> {
  const target = service(provider);
  if (!target) return sendSignedOut(res);
  const by = await signingCertificate(am);
  const location = out.kind === 'SAMLRequest' ? target.location : target.responseLocation;
  if (target.binding === BINDING.post) {
    const signed = signElement(out.text, out.id, by, am.switches.positions.signatureAlgorithm);
    sendAutoPost(res, location, {
      [out.kind]: Buffer.from(signed).toString('base64'),
      RelayState: out.relayState,
    });
    return;
  }
  const packed = encodeURIComponent(deflateRawSync(Buffer.from(out.text)).toString('base64'));
  const relay = out.relayState === undefined ? '' : `&RelayState=${encodeURIComponent(out.relayState)}`;
  const query = signQuery(`${out.kind}=${packed}${relay}`, by);
  res.redirect(303, `${location}${location.includes('?') ? '&' : '?'}${query}`);
}

function service(provider: ServiceProvider): ServiceProvider['slo'][number] | undefined {
  const by = (binding: string): ServiceProvider['slo'][number] | undefined =>
    provider.slo.find((each) => each.binding === binding);
  return by(BINDING.redirect) ?? by(BINDING.post);
}

const responseLocation = (provider: ServiceProvider): string => service(provider)?.responseLocation ?? '';

function head(am: AccessManager, id: string): Xml {
  return xml`xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="${am.needs.clock.now().toISOString()}"`;
}

function issuerOf(am: AccessManager): Xml {
  return xml`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${endpointsOf(am).entityId}</saml:Issuer>`;
}

function sendSignedOut(res: Response): void {
  sendPage(
    res,
    'Signed out',
    html`<h1>Signed out</h1><p>You have signed out of Access Manager.</p>
<p><a href="/nidp/app/login">Sign in again</a></p>`,
  );
}
