import type { DirectoryPerson } from '../cast.ts';
import { NAME_ID } from '../saml/names.ts';
import { Xml, xml } from '../saml/xml.ts';
import { type AccessManager, endpointsOf } from './server.ts';
import { type BrowserSession, randomXmlId } from './store.ts';
import { attributesOf, type NameId } from './subject.ts';

export type AssertionFacts = {
  readonly person: DirectoryPerson;
  readonly session: BrowserSession;
  readonly nameId: NameId;
  readonly sessionIndex: string;
  readonly entityId: string;
  readonly acsUrl: string;
  /** Absent when nobody asked. */
  readonly requestId?: string;
  readonly authnContext: string;
};

export type Assertion = { readonly id: string; readonly text: string };

const iso = (time: number): string => new Date(time).toISOString();
const XS =
  'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** The assertion, unsigned (SAML Profiles 4.1.4.2), bent as the switches say. */
export function writeAssertion(am: AccessManager, facts: AssertionFacts): Assertion {
  const { positions } = am.switches;
  const id = positions.repeatAssertionId ? 'id-that-repeats' : randomXmlId();
  const now = am.needs.clock.now().getTime();
  const issuer = positions.assertionIssuerOverride ?? endpointsOf(am).entityId;
  const text = xml`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" IssueInstant="${iso(now)}" Version="2.0"><saml:Issuer>${issuer}</saml:Issuer>${subject(am, facts)}${conditions(am, facts)}${authnStatement(am, facts)}${positions.attributes && attributeStatement(am, facts)}</saml:Assertion>`;
  return { id, text: text.text };
}

/** When the assertion is valid; hostile positions move the window an hour away. */
function validity(am: AccessManager): { readonly from: string; readonly until: string } {
  const { validity: mode, assertionSeconds } = am.switches.positions;
  const shift = { normal: 0, expired: -3_600_000, 'not-yet': 3_600_000 }[mode];
  const now = am.needs.clock.now().getTime() + shift;
  return { from: iso(now - 30_000), until: iso(now + assertionSeconds * 1_000) };
}

function subject(am: AccessManager, facts: AssertionFacts): Xml {
  const { confirmation } = am.switches.positions;
  const { nameId, entityId } = facts;
  const qualifiers =
    nameId.format === NAME_ID.persistent &&
    xml` NameQualifier="${endpointsOf(am).entityId}" SPNameQualifier="${entityId}"`;
  return xml`<saml:Subject><saml:NameID Format="${nameId.format}"${qualifiers}>${commented(am, nameId.value)}</saml:NameID>${confirmation !== 'none' && subjectConfirmation(am, facts)}</saml:Subject>`;
}

function subjectConfirmation(am: AccessManager, facts: AssertionFacts): Xml {
  const { confirmation, recipientOverride, inResponseTo } = am.switches.positions;
  const method = `urn:oasis:names:tc:SAML:2.0:cm:${confirmation}`;
  const requestId = answeredRequest(inResponseTo, facts.requestId);
  const inside = inResponseTo === 'envelope-only' ? undefined : requestId;
  return xml`<saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData${inside !== undefined && xml` InResponseTo="${inside}"`} NotOnOrAfter="${validity(am).until}" Recipient="${recipientOverride ?? facts.acsUrl}"/></saml:SubjectConfirmation>`;
}

/** The InResponseTo that is sent for a request. */
export function answeredRequest(
  mode: 'normal' | 'none' | 'other' | 'envelope-only',
  requestId: string | undefined,
): string | undefined {
  if (mode === 'none') return undefined;
  return mode === 'other' ? 'id-of-another-request' : requestId;
}

function conditions(am: AccessManager, facts: AssertionFacts): Xml {
  const audience = am.switches.positions.audienceOverride ?? facts.entityId;
  const { from, until } = validity(am);
  return xml`<saml:Conditions NotBefore="${from}" NotOnOrAfter="${until}">${
    audience !== '' &&
    xml`<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`
  }</saml:Conditions>`;
}

function authnStatement(am: AccessManager, facts: AssertionFacts): Xml {
  const { session, sessionIndex, authnContext } = facts;
  const ends =
    am.switches.positions.sessionNotOnOrAfter && xml` SessionNotOnOrAfter="${session.ends.toISOString()}"`;
  return xml`<saml:AuthnStatement AuthnInstant="${session.authTime.toISOString()}" SessionIndex="${sessionIndex}"${ends}><saml:AuthnContext><saml:AuthnContextClassRef>${authnContext}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
}

function attributeStatement(am: AccessManager, { person }: AssertionFacts): Xml {
  const attributes = attributesOf(am, person).map(
    ({ name, values }) =>
      xml`<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">${values.map(
        (value) =>
          xml`<saml:AttributeValue xsi:type="xs:string">${name.includes('mail') ? commented(am, value) : value}</saml:AttributeValue>`,
      )}</saml:Attribute>`,
  );
  return xml`<saml:AttributeStatement ${new Xml(XS)}>${attributes}</saml:AttributeStatement>`;
}

/** Exclusive canonicalization drops comments, so a signature stays valid; careless readers stop at the comment. */
function commented(am: AccessManager, value: string): Xml {
  if (!am.switches.positions.nameIdComment) return xml`${value}`;
  return xml`${value.slice(0, 3)}<!-- -->${value.slice(3)}`;
}
