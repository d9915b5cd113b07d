import { amount, choice, createSwitches, onOff, override, type Switches } from '../frame/switches.ts';

const definitions = {
  entityIdOverride: override({ explains: 'An entity id other than the metadata address, everywhere.' }),
  uniqueId: override({
    explains:
      'A "unique id" for our service provider: entity id and endpoints move below /nidp/saml2/{id}, while the general metadata still shows the others.',
    assumption: true,
  }),
  signMetadata: onOff(false, { explains: 'Whether the metadata document is signed.', assumption: true }),
  signingCertificates: choice(['one', 'two'], {
    explains: 'Whether metadata also shows the next signing certificate.',
    assumption: true,
  }),
  wantAuthnRequestsSigned: onOff(false, {
    explains:
      'Demand signed requests even if the service provider’s metadata does not promise them. Signatures that are there are always checked.',
  }),
  sign: choice(['assertion', 'response', 'both', 'none'], {
    explains: 'Which elements of a response are signed.',
  }),
  encrypt: choice(['no', 'aes256-gcm', 'aes128-cbc'], {
    explains: 'Whether the assertion is encrypted for the service provider, and how; aes128-cbc is hostile.',
  }),
  nameId: choice(['as-requested', 'persistent', 'transient', 'email', 'unspecified-generated'], {
    explains:
      'Name identifier: what NameIDPolicy asks for (persistent by default), or one format always. A format without a chosen value gets a new generated one each time.',
  }),
  guidAttribute: onOff(true, {
    explains: 'Whether the directory’s guid is sent as an attribute.',
    assumption: true,
  }),
  attributes: onOff(true, { explains: 'Whether there is an attribute statement at all.' }),
  attributeNames: choice(['friendly', 'ldap'], {
    explains: 'Attribute names as set by the site, or left as /UserAttribute[@ldap:targetAttribute="mail"].',
  }),
  groupNames: choice(['plain', 'dn'], {
    explains:
      'Groups as merchandising@staff, or as names of the LDAP directory: cn=merchandising,ou=staff,o=halden.',
    assumption: true,
  }),
  omitGroups: onOff(false, { explains: 'No groupMembership attribute.' }),
  authnContext: choice(
    [
      'name/password/uri',
      'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      'urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken',
    ],
    { explains: 'The contract that a password login satisfies, as AuthnContextClassRef.', assumption: true },
  ),
  sessionSeconds: amount(28_800, {
    explains: 'Lifetime of the browser session, and SessionNotOnOrAfter when that is sent.',
  }),
  sessionNotOnOrAfter: onOff(true, {
    explains: 'Whether assertions say when the session ends.',
    assumption: true,
  }),
  assertionSeconds: amount(300, { explains: 'Lifetime of an assertion.' }),
  requireSignedLogout: onOff(true, {
    explains: 'Whether logout messages must be signed.',
    assumption: true,
  }),
  audienceOverride: override({ explains: 'Hostile: another audience; "" leaves the restriction out.' }),
  recipientOverride: override({ explains: 'Hostile: another Recipient in the confirmation data.' }),
  destinationOverride: override({
    explains: 'Hostile: another Destination of the response; "" leaves it out.',
  }),
  assertionIssuerOverride: override({ explains: 'Hostile: another Issuer in the assertion.' }),
  validity: choice(['normal', 'expired', 'not-yet'], {
    explains: 'Hostile: conditions and confirmation that have passed or are yet to come.',
  }),
  inResponseTo: choice(['normal', 'none', 'other', 'envelope-only'], {
    explains:
      'Hostile: no InResponseTo, that of another request, or only on the response and not in the confirmation data.',
  }),
  confirmation: choice(['bearer', 'none', 'holder-of-key'], {
    explains: 'Hostile: another subject confirmation, or none.',
  }),
  signatureAlgorithm: choice(['rsa-sha256', 'rsa-sha1'], {
    explains: 'Hostile: SHA-1 for signature and digests.',
  }),
  signature: choice(['normal', 'unknown-key', 'tampered', 'wrapped'], {
    explains:
      'Hostile: signed by a key of nobody, changed after signing, or a forged assertion beside the signed one (signature wrapping) that names ada.',
  }),
  nameIdComment: onOff(false, {
    explains: 'Hostile: an XML comment inside the name identifier and the mail.',
  }),
  repeatAssertionId: onOff(false, { explains: 'Hostile: every assertion has the same ID.' }),
  relayStateOverride: override({ explains: 'Hostile: another RelayState; "" leaves it out.' }),
  doctype: onOff(false, { explains: 'Hostile: the response starts with a document type and an entity.' }),
};

export type AccessManagerSwitches = Switches<typeof definitions>;
export const createAccessManagerSwitches = (): AccessManagerSwitches => createSwitches(definitions);
