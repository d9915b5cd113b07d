import { z } from 'zod';
import { DAY, HOUR, MINUTE } from '../base/index.ts';
import { duration, fromFile, identifier, secret, url } from '../platform/config/index.ts';

/** One upstream name, or several of which the first with a value counts. */
const Names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((names) => [names].flat());

/** Fields of `Identity` and of the person's profile that upstream names can be mapped to. */
export const PROFILE_FIELDS = [
  'login',
  'mail',
  'givenName',
  'familyName',
  'displayName',
  'groups',
  'department',
  'company',
  'phone',
  'address1',
  'address2',
  'city',
  'stateOrProvince',
  'postalCode',
  'countryCode',
] as const;
export type ProfileField = (typeof PROFILE_FIELDS)[number];

const ProfileMap = z.strictObject({
  login: Names.optional(),
  mail: Names.optional(),
  givenName: Names.optional(),
  familyName: Names.optional(),
  displayName: Names.optional(),
  groups: Names.optional(),
  department: Names.optional(),
  company: Names.optional(),
  phone: Names.optional(),
  address1: Names.optional(),
  address2: Names.optional(),
  city: Names.optional(),
  stateOrProvince: Names.optional(),
  postalCode: Names.optional(),
  countryCode: Names.optional(),
} satisfies Record<ProfileField, unknown>);

const ClaimSource = z.strictObject({ claim: z.string().min(1) });
const AttributeSource = z.strictObject({ attribute: z.string().min(1) });

const MailDomains = z
  .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'write a domain like example.com'))
  .default([])
  .transform((domains) => domains.map((domain) => domain.toLowerCase()));

const ContextName = z.string().min(1).max(500).regex(/^\S+$/, 'one name without spaces');

/** What every connection has, whatever protocol it speaks. */
const common = {
  id: identifier().describe(
    'Appears in URLs, events and identities; never change it once people have signed in.',
  ),
  title: z.string().min(1).max(100).optional().describe('Shown on the sign-in page. Default: the id.'),
  primary: z
    .boolean()
    .default(false)
    .describe('Groups of the primary connection keep their plain names; others become connection:group.'),
  mailDomains: MailDomains.describe('People with these mail domains are sent to this connection.'),
  trustedMailDomains: MailDomains.describe(
    'Mail domains whose addresses this connection gives out. For these it may nominate existing accounts in targets, and name people to applications that go by mail; once one connection is trusted with a domain, no other may. An address that the connection itself calls unverified (email_verified: false) is not trusted, unless ignoreEmailVerified is set.',
  ),
  map: ProfileMap.prefault({}).describe('Profile field ← upstream name, or names in order of preference.'),
  attributes: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), Names)
    .default({})
    .describe('Declared person attribute ← upstream name.'),
  correlate: z
    .strictObject({ claim: z.string().min(1), attribute: z.string().min(1) })
    .optional()
    .describe('Upstream name at sign-in ↔ directory attribute: joins the person known from SCIM or REST.'),
  sharedKey: z
    .union([ClaimSource, AttributeSource])
    .optional()
    .describe(
      'Stable attribute with the same value for one human in several connections, such as employeeNumber.',
    ),
  partition: z
    .strictObject({ claim: z.string().min(1), form: z.enum(['suffix', 'whole']).default('suffix') })
    .optional()
    .describe('Where to read the partition. suffix: the text after the last @; whole: the whole value.'),
  allowedPartitions: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only people of these partitions may sign in; one whose partition is unknown may not.'),
  onNoMatch: z
    .enum(['create', 'refuse'])
    .default('create')
    .describe('What to do with a person whom the directory does not know.'),
  clockToleranceSeconds: z
    .int()
    .min(0)
    .max(300)
    .default(60)
    .describe('How far the clock of the upstream may be off.'),
  logout: z
    .enum(['offer', 'always', 'never'])
    .default('offer')
    .describe('Whether signing out goes on to the upstream: the page offers it, always, or never.'),
  authnContexts: z
    .array(ContextName)
    .max(50)
    .default([])
    .describe(
      'Ways of signing in that this upstream can be asked for, by its own names (SAML class references or values of acr). Applications that ask for one of them send people back here to sign in that way. Default: it is asked for whatever an application demands, and for nothing that one merely wishes.',
    ),
  authnContextNames: z
    .record(ContextName, ContextName)
    .default({})
    .describe(
      'The name of this upstream for a way of signing in → the name that applications know it by (SAML class reference or value of acr); both ways. It is your word that the two mean the same: applications grant what the name promises.',
    ),
  claimsMaxAge: duration({ min: MINUTE, max: DAY })
    .prefault('1h')
    .describe('How long facts of a sign-in count as fresh.'),
};

const oidcClient = {
  clientId: z.string().min(1).describe('As registered at the upstream.'),
  clientSecret: secret().optional().describe('Leave out only for a public client.'),
  /** During a rotation: older secrets, tried after `clientSecret`. */
  olderClientSecrets: z.array(z.strictObject({ secret: secret() })).default([]),
  clientAuthentication: z.enum(['client_secret_post', 'client_secret_basic']).default('client_secret_post'),
  responseMode: z.enum(['query', 'form_post']).default('query'),
  expectedIssuer: z
    .string()
    .min(1)
    .optional()
    .describe('The exact iss of ID tokens, where it differs from what discovery says.'),
  endpoints: z
    .strictObject({
      authorization: url(),
      token: url(),
      jwks: url(),
      userinfo: url().optional(),
      endSession: url().optional(),
    })
    .optional()
    .describe('Explicit endpoints; discovery is then not used, and expectedIssuer is required.'),
  discoveryUrl: url()
    .optional()
    .describe('Full URL of the discovery document, where it is in an unusual place.'),
  backChannelBaseUrl: url()
    .optional()
    .describe('Base URL by which we reach the upstream, where it differs from the one that browsers use.'),
  subject: ClaimSource.default({ claim: 'sub' }),
  userinfo: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('auto: asked only when a mapped claim is missing from the ID token.'),
  ignoreEmailVerified: z
    .boolean()
    .default(false)
    .describe(
      'Believe addresses in trustedMailDomains although the upstream says email_verified: false of them; for upstreams that say it of everybody whose address comes out of a directory. Whoever can write their own mail address there then counts as the one whom it names, in targets and applications: only where people cannot.',
    ),
  freshWithoutAuthTime: z
    .boolean()
    .default(false)
    .describe('Believe a forced sign-in although the ID token has no auth_time.'),
};

export const OidcConnection = z.strictObject({
  preset: z.literal('oidc'),
  ...common,
  ...oidcClient,
  issuer: url().describe('Issuer URL; discovery is read below it.'),
  scopes: z.array(z.string().regex(/^\S+$/)).default(['openid', 'profile', 'email']),
});
export type OidcConnection = z.output<typeof OidcConnection>;

export const OtdsConnection = z.strictObject({
  preset: z.literal('otds'),
  ...common,
  ...oidcClient,
  baseUrl: url().describe('Full base URL as browsers see it, /otdsws and the tenant included.'),
  scopes: z.array(z.string().regex(/^\S+$/)).default(['openid', 'otds:groups']),
});
export type OtdsConnection = z.output<typeof OtdsConnection>;

const samlTrust = {
  metadataUrl: url().optional().describe('Upstream metadata, read again every metadataInterval.'),
  metadata: fromFile().optional().describe('Upstream metadata as text, or metadataFile.'),
  metadataInterval: duration({ min: MINUTE, max: DAY })
    .prefault('1h')
    .describe(
      'How often metadataUrl is read; sooner where its cacheDuration says so, but at most once a minute.',
    ),
  metadataMaxAge: duration({ min: HOUR, max: 30 * DAY })
    .prefault('7d')
    .describe('Beyond it, metadata that could not be read again is no longer trusted.'),
  metadataCertificates: z
    .array(z.strictObject({ certificate: fromFile() }))
    .default([])
    .describe('If given, metadata must be signed with one of these certificates (PEM).'),
  entityId: z.string().min(1).optional().describe('Entity id of the upstream; required without metadata.'),
  ssoUrl: url().optional().describe('Single sign-on URL; only without metadata.'),
  sloUrl: url().optional().describe('Single logout URL (redirect binding); only without metadata.'),
  certificates: z
    .array(z.strictObject({ certificate: fromFile() }))
    .default([])
    .describe('Signing certificates (PEM) of the upstream; only without metadata.'),
};

const samlOptions = {
  ...samlTrust,
  spEntityId: z
    .string()
    .min(1)
    .optional()
    .describe('Our entity id. Default: the URL of our metadata for this connection.'),
  binding: z.enum(['redirect', 'post']).default('redirect').describe('How our AuthnRequest is sent.'),
  nameIdFormat: z
    .string()
    .min(1)
    .optional()
    .describe('Format asked for in NameIDPolicy. Default: none is asked for.'),
  authnContext: z
    .array(z.string().min(1))
    .default([])
    .describe('RequestedAuthnContext class references. Default: none, because contracts differ by site.'),
  wantEncryptedAssertions: z.boolean().default(false).describe('Refuse assertions that arrive in clear.'),
  offerEncryption: z
    .boolean()
    .default(true)
    .describe(
      'Whether our metadata has a certificate to encrypt for. false: for upstreams that would then encrypt with AES-CBC (as AD FS and SimpleSAMLphp 1.19 do) and cannot sign the whole response, which acceptCbc needs.',
    ),
  acceptCbc: z
    .boolean()
    .default(false)
    .describe(
      'Whether AES-CBC is accepted beside AES-GCM, for upstreams that know nothing else (AD FS, SimpleSAMLphp 1.19). Only in a response that is signed as a whole, in AD FS: Set-AdfsRelyingPartyTrust -SamlResponseSignature MessageAndAssertion.',
    ),
  encryptLogout: z
    .enum(['off', 'aes128-gcm', 'aes256-gcm'])
    .default('off')
    .describe(
      'Whether the name of the person is encrypted to the upstream in our logout requests, for the certificate in its metadata, or the first of certificates.',
    ),
  secondVerifier: z
    .boolean()
    .default(false)
    .describe(
      'Whether node-saml, a verifier that shares no code with ours above the parser, must read the same assertion before anybody is let in. Costs several milliseconds of CPU for each sign-in, and takes RSA signatures with SHA-256 or SHA-512 only.',
    ),
};

/** Persistent NameID, or an attribute that never changes and is never given to someone else (R1.2). */
const SamlSubject = z.union([AttributeSource, z.strictObject({ nameId: z.literal('persistent') })]);

export const SamlConnection = z.strictObject({
  preset: z.literal('saml'),
  ...common,
  ...samlOptions,
  subject: SamlSubject.optional(),
});
export type SamlConnection = z.output<typeof SamlConnection>;

export const AccessManagerConnection = z.strictObject({
  preset: z.literal('access-manager'),
  ...common,
  ...samlOptions,
  subject: SamlSubject.optional().describe('Default: the attribute guid.'),
});
export type AccessManagerConnection = z.output<typeof AccessManagerConnection>;

/** One connection to an upstream identity provider. Unknown keys are errors. */
export const ConnectionConfig = z.discriminatedUnion('preset', [
  OtdsConnection,
  OidcConnection,
  AccessManagerConnection,
  SamlConnection,
]);
export type ConnectionConfig = z.output<typeof ConnectionConfig>;
