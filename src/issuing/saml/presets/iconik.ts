import { z } from 'zod';
import { identifier } from '../../../platform/config/index.ts';
import { accountOfRole } from '../../../relying-parties/index.ts';
import { behaviourFields, SamlAccess, type SamlSettings, trustFields } from '../config.ts';

const attributeName = (name: string) => z.string().min(1).max(500).default(name);

/**
 * iconik as a service provider. It wants response and assertion signed, signs no requests, knows people by their
 * mail address, and has an address of its own for each host and provider: these come from its metadata.
 *
 * Its requests may ask for a password context by default of its toolkit; what the assertion says stays true.
 */
export const IconikAccess = z
  .strictObject({
    ...trustFields,
    slo: behaviourFields.slo,
    assertionLifetime: behaviourFields.assertionLifetime,
    startUrl: behaviourFields.startUrl.describe(
      'SP-initiated start, as on the settings page of the provider: https://HOST/API/auth/v1/auth/saml/sso/ID/. Without it tiles bring an unsolicited response.',
    ),
    requestedAuthnContext: behaviourFields.requestedAuthnContext
      .unwrap()
      .default('ignore')
      .describe(
        'Whether a request may demand a way of signing in. ignore: the response says which one it was.',
      ),
    attributeNames: z
      .strictObject({
        email: attributeName('email'),
        firstName: attributeName('first_name'),
        lastName: attributeName('last_name'),
        groups: attributeName('groups'),
      })
      .prefault({})
      .describe('How the attributes are called in the settings of the provider in iconik.'),
    roles: z
      .array(
        z.strictObject({
          id: identifier(),
          title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
          group: z
            .string()
            .min(1)
            .max(250)
            .optional()
            .describe('Group in iconik, sent in the groups attribute. Default: the id.'),
          ...accountOfRole,
        }),
      )
      .min(1)
      .describe('Roles in order of precedence.'),
  })
  .meta({ title: 'iconik' });
export type IconikAccess = z.output<typeof IconikAccess>;

export function iconikSettings(access: IconikAccess): SamlSettings {
  const { attributeNames: names, roles, slo, startUrl, ...trust } = access;
  const defaults = SamlAccess.parse({ roles: [{ id: 'x' }] });
  return {
    ...defaults,
    ...trust,
    ...(slo && { slo }),
    ...(startUrl !== undefined && { startUrl }),
    sign: 'both',
    encrypt: 'off',
    nameId: { format: 'emailAddress', value: 'person.mail' },
    attributes: [
      attribute(names.email, 'person.mail', true),
      attribute(names.firstName, 'person.givenName', true),
      attribute(names.lastName, 'person.familyName', false),
      // One attribute with several values: iconik refuses two attributes of one name.
      attribute(names.groups, 'entitlement.values', false),
    ],
    roles: roles.map(({ group, ...role }) => ({ ...role, ...(group !== undefined && { value: group }) })),
  };
}

function attribute(name: string, value: string, required: boolean): SamlSettings['attributes'][number] {
  return { name, value, required, nameFormat: 'basic' };
}
