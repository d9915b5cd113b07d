import { STATUS } from '../saml/names.ts';
import { signElement } from '../saml/signing.ts';
import { Xml, xml } from '../saml/xml.ts';
import { type Assertion, type AssertionFacts, answeredRequest, writeAssertion } from './assertion.ts';
import { encryptAssertion } from './encryption.ts';
import { type AccessManager, endpointsOf, signingCertificate } from './server.ts';
import type { ServiceProvider } from './service-providers.ts';
import { randomXmlId } from './store.ts';

/** A successful response with its assertion, signed and encrypted as the switches say. */
export async function writeResponse(
  am: AccessManager,
  provider: ServiceProvider,
  facts: AssertionFacts,
): Promise<string> {
  const { sign, encrypt } = am.switches.positions;
  const assertion = writeAssertion(am, facts);
  const signed =
    sign === 'assertion' || sign === 'both'
      ? await signById(am, assertion.text, assertion.id)
      : assertion.text;
  const attacked = attack(am, facts, { id: assertion.id, text: signed });
  const certificate = provider.encryptionCertificates[0];
  const sealed =
    encrypt !== 'no' && certificate !== undefined
      ? encryptAssertion(attacked.assertion, certificate, encrypt)
      : new Xml(attacked.assertion);
  return envelope(am, facts.acsUrl, facts.requestId, [STATUS.success], sealed, attacked.aside);
}

/** A response that says why there is no assertion (SAML Core 3.2.2.2). */
export function writeFailure(
  am: AccessManager,
  acsUrl: string,
  requestId: string | undefined,
  status: readonly [string, string],
): Promise<string> {
  return envelope(am, acsUrl, requestId, status, new Xml(''), undefined);
}

async function envelope(
  am: AccessManager,
  acsUrl: string,
  requestId: string | undefined,
  [code, subCode]: readonly [string, string?],
  assertion: Xml,
  aside: Xml | undefined,
): Promise<string> {
  const { destinationOverride, inResponseTo, sign, doctype, signature } = am.switches.positions;
  const id = randomXmlId();
  const destination = destinationOverride ?? acsUrl;
  const answered = answeredRequest(inResponseTo, requestId);
  const text = xml`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}"${
    destination !== '' && xml` Destination="${destination}"`
  }${answered !== undefined && xml` InResponseTo="${answered}"`} IssueInstant="${am.needs.clock.now().toISOString()}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${endpointsOf(am).entityId}</saml:Issuer>${
    aside && xml`<samlp:Extensions>${aside}</samlp:Extensions>`
  }<samlp:Status><samlp:StatusCode Value="${code}">${
    subCode !== undefined && xml`<samlp:StatusCode Value="${subCode}"/>`
  }</samlp:StatusCode></samlp:Status>${assertion}</samlp:Response>`.text;
  const isSigned = (sign === 'response' || sign === 'both') && signature !== 'wrapped';
  const whole = isSigned ? tamper(am, await signById(am, text, id)) : text;
  return doctype ? `<!DOCTYPE samlp:Response [<!ENTITY x "y">]>${whole}` : whole;
}

async function signById(am: AccessManager, text: string, id: string): Promise<string> {
  return signElement(text, id, await signingCertificate(am), am.switches.positions.signatureAlgorithm);
}

/** What becomes of a signed assertion on its way, and what is smuggled in beside it. */
function attack(
  am: AccessManager,
  facts: AssertionFacts,
  signed: Assertion,
): { readonly assertion: string; readonly aside: Xml | undefined } {
  if (am.switches.positions.signature !== 'wrapped') {
    return { assertion: tamper(am, signed.text), aside: undefined };
  }
  const victim = am.needs.people.find('ada') ?? facts.person;
  const nameId = { ...facts.nameId, value: `forged-${victim.login}` };
  const forged = writeAssertion(am, { ...facts, person: victim, nameId });
  return { assertion: forged.text, aside: new Xml(signed.text) };
}

function tamper(am: AccessManager, text: string): string {
  if (am.switches.positions.signature !== 'tampered') return text;
  return text.replaceAll(/(<saml:NameID[^>]*>)/g, '$1x');
}
