import type { Request, Response } from 'express';
import { addressFor } from '../saml/identity-provider.ts';
import { NAME_ID } from '../saml/names.ts';
import { writeAuthnRequest } from '../saml/requests.ts';
import { sendMessage } from '../saml/send.ts';
import { writeServiceProviderMetadata } from '../saml/sp-metadata.ts';
import { choicePage, sendFailurePage } from './pages.ts';
import { BRAND, endpointsOf, type Salesforce, signer } from './server.ts';
import { randomXmlId } from './store.ts';

/** "Download Metadata" of the configuration; here without an administrator's session. */
export async function sendMetadata(salesforce: Salesforce, res: Response): Promise<void> {
  const { entityId, acs, slo } = endpointsOf(salesforce);
  const metadata = writeServiceProviderMetadata({
    entityId,
    acsUrl: acs,
    slo: { bindings: ['redirect', 'post'], location: slo },
    certificatePem: (await signer(salesforce)).certificatePem,
    signsRequests: true,
    wantsSignedAssertions: true,
    nameIdFormat: NAME_ID.unspecified,
  });
  res.type('application/xml').send(metadata);
}

/** A page that needs a session: single sign-on begins, and RelayState keeps the address byte for byte. */
export async function startSignOn(salesforce: Salesforce, req: Request, res: Response): Promise<void> {
  const { loginPage, samlEnabled } = salesforce.switches.positions;
  const chosen = 'sso' in req.query;
  const wanted = chosen ? String(req.query['startURL'] ?? '/') : req.originalUrl;
  if (!samlEnabled || (loginPage === 'choose' && !chosen)) {
    res.send(choicePage(wanted, samlEnabled));
    return;
  }
  await sendRequest(salesforce, res, wanted);
}

async function sendRequest(salesforce: Salesforce, res: Response, relayState: string): Promise<void> {
  const provider = await salesforce.identityProvider.find();
  const to = provider && addressFor(provider.sso, salesforce.switches.positions.requestBinding);
  if (!to) return sendFailurePage(res);
  const { entityId, acs } = endpointsOf(salesforce);
  const id = randomXmlId();
  const text = writeAuthnRequest({
    id,
    issuer: entityId,
    destination: to.location,
    now: salesforce.needs.clock.now(),
    acsUrl: acs,
    nameIdFormat: NAME_ID.unspecified,
  });
  salesforce.store.requests.set(id, relayState);
  const signedBy = await signer(salesforce);
  sendMessage(res, { kind: 'SAMLRequest', id, text, to, relayState, signedBy, brand: BRAND });
}
