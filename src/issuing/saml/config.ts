import { z } from 'zod';
import { DAY, MINUTE } from '../../base/index.ts';
import { duration, fromFile, identifier, url } from '../../platform/config/index.ts';
import { accountOfRole } from '../../relying-parties/index.ts';

/** Kept as written: addresses of a service provider are compared character by character. */
export const address = (): z.ZodString =>
  z
    .string()
    .max(2_000)
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'not an http(s) URL')
    .refine((text) => !text.includes('#'), 'remove the fragment')
    .meta({ format: 'uri' });

const expression = (): z.ZodString => z.string().min(1).max(4_000);

export const NAME_ID_FORMATS = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  windowsDomainQualifiedName: 'urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName',
} as const;
export type NameIdFormat = keyof typeof NAME_ID_FORMATS;

export const ATTRIBUTE_NAME_FORMATS = {
  basic: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  uri: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
  unspecified: 'urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified',
} as const;

/** The name of a person when nothing else is configured. */
export const DEFAULT_NAME = 'person.id';

const NameIdConfig = z.strictObject({
  format: z
    .enum(Object.keys(NAME_ID_FORMATS) as NameIdFormat[])
    .default('persistent')
    .describe(
      'Format that the name is declared to have. transient: a name for one session alone; the attributes say who it is.',
    ),
  value: expression()
    .default(DEFAULT_NAME)
    .describe(
      'CEL expression that gives the name. It must never change and never be given to someone else. Not for transient.',
    ),
});

export const AttributeConfig = z.strictObject({
  name: z.string().min(1).max(500).describe('Name of the attribute, as the application knows it.'),
  friendlyName: z.string().min(1).max(200).optional().describe('For people who read assertions.'),
  nameFormat: z
    .enum(Object.keys(ATTRIBUTE_NAME_FORMATS) as (keyof typeof ATTRIBUTE_NAME_FORMATS)[])
    .default('basic')
    .describe('How the name is to be understood.'),
  value: expression().describe(
    'CEL expression that gives a text or a list of texts, over person, identity, session, entitlement.roles, entitlement.values and entitlement.scopes.',
  ),
  required: z
    .boolean()
    .default(false)
    .describe('true: a sign-in without a value is refused. false: the attribute is left out.'),
});

export const samlRole = z.strictObject({
  id: identifier(),
  ...accountOfRole,
  title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
  value: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('What the role is called in the application: entitlement.values. Default: the id.'),
});

/** Where trust in the application comes from; the same for every kind that speaks SAML. */
export const trustFields = {
  entityId: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('Entity id of the application. May be left out when metadata says it.'),
  metadataUrl: url().optional().describe('Where the application publishes its metadata; read regularly.'),
  metadata: fromFile().optional().describe('Its metadata, when it publishes none.'),
  metadataCertificates: z
    .array(z.strictObject({ certificate: fromFile() }))
    .default([])
    .describe('If given, metadata must be signed with one of these certificates (PEM).'),
  refreshInterval: duration({ min: MINUTE, max: DAY })
    .prefault('1h')
    .describe(
      'How often metadata is read again; sooner where its cacheDuration says so, but at most once a minute.',
    ),
  metadataMaxAge: duration({ min: 10 * MINUTE })
    .prefault('7d')
    .describe('For this long metadata that cannot be read again is still believed.'),
  acs: z
    .array(
      z.strictObject({
        url: address().describe('Assertion consumer service, HTTP-POST.'),
        index: z.int().min(0).max(65_535).optional().describe('Requests may name it by this number.'),
        default: z.boolean().default(false).describe('Used when nothing else is asked for.'),
      }),
    )
    .default([])
    .describe('Where responses may go, without metadata; compared exactly.'),
  certificates: z
    .array(z.strictObject({ certificate: fromFile() }))
    .default([])
    .describe('Certificates that verify requests of the application, without metadata.'),
  encryptionCertificate: fromFile()
    .optional()
    .describe('Certificate to encrypt for, without metadata. Default: the first of certificates.'),
};

/** How requests are taken and responses made; presets bring other defaults. */
export const behaviourFields = {
  wantAuthnRequestsSigned: z
    .boolean()
    .default(false)
    .describe('Whether a request must be signed. One that is signed is verified in any case.'),
  requestedAuthnContext: z
    .enum(['honour', 'ignore'])
    .default('honour')
    .describe(
      'Whether a request may demand a way of signing in. ignore: the response says truly which one it was, and the application decides.',
    ),
  sign: z.enum(['assertion', 'response', 'both']).default('both').describe('What is signed.'),
  encrypt: z
    .enum(['off', 'aes128-gcm', 'aes256-gcm'])
    .default('off')
    .describe('Whether the assertion is encrypted to the application.'),
  encryptLogout: z
    .enum(['off', 'aes128-gcm', 'aes256-gcm'])
    .default('off')
    .describe('Whether the name of the person is encrypted to the application in our logout requests.'),
  assertionLifetime: duration({ min: MINUTE, max: 5 * MINUTE })
    .prefault('5m')
    .describe('For this long an assertion may be on its way. At most 5m.'),
  slo: z
    .strictObject({
      url: address().describe('Where logout requests go.'),
      responseUrl: address().optional().describe('Where answers to its logout requests go. Default: url.'),
      binding: z.enum(['redirect', 'post']).default('redirect'),
      soapUrl: address()
        .optional()
        .describe(
          'Where it takes logout requests server to server: told at once, with a browser there or without.',
        ),
    })
    .optional()
    .describe('Single logout, without metadata or in place of what it says.'),
  startUrl: address()
    .optional()
    .describe(
      'Page of the application that begins a sign-in; tiles and links lead there. Without it they bring an unsolicited response.',
    ),
  startUrlParameter: z
    .string()
    .regex(/^[A-Za-z_][\w.-]{0,50}$/)
    .optional()
    .describe('Query parameter of startUrl that carries the place to land, such as RelayState.'),
  relayState: z
    .string()
    .max(1024)
    .optional()
    .describe('RelayState of unsolicited responses when a link names no place to land.'),
};

/** An application that signs people in with SAML 2.0. */
export const SamlAccess = z
  .strictObject({
    ...trustFields,
    ...behaviourFields,
    nameId: NameIdConfig.prefault({}).describe(
      'What the application calls the person. Default: our person id.',
    ),
    attributes: z.array(AttributeConfig).max(100).default([]).describe('What else the assertion says.'),
    roles: z.array(samlRole).min(1).describe('Roles in order of precedence.'),
  })
  .meta({ title: 'SAML application' });

/** What every kind that speaks SAML comes down to. */
export type SamlSettings = z.output<typeof SamlAccess>;
