import { z } from 'zod';
import {
  AttributeConfig,
  behaviourFields,
  SamlAccess,
  type SamlSettings,
  samlRole,
  trustFields,
} from '../config.ts';

/**
 * Salesforce as a service provider. The NameID is the Federation ID, which is our person id (R1.4). Its addresses
 * are those of My Domain and of one configuration (`?so=…`): they come from its metadata, or as it shows them.
 *
 * Just-in-time attributes are off unless asked for: the account is made before the assertion, and two writers
 * would disagree (R5.5). Whoever switches them on says each one; `User.IsActive` is never sent.
 */
export const SalesforceAccess = z
  .strictObject({
    ...trustFields,
    ...behaviourFields,
    attributes: z
      .array(AttributeConfig)
      .max(100)
      .default([])
      .describe(
        'Attributes in addition. For just-in-time provisioning: User.Email and so on. Never User.IsActive.',
      ),
    amrAttribute: z
      .string()
      .min(1)
      .max(500)
      .default('amr')
      .describe(
        'Attribute in which the methods of the sign-in are told, so that Salesforce can skip its own challenge.',
      ),
    roles: z.array(samlRole).min(1).describe('Roles in order of precedence.'),
  })
  .meta({ title: 'Salesforce' });
export type SalesforceAccess = z.output<typeof SalesforceAccess>;

export function salesforceSettings({ amrAttribute, ...access }: SalesforceAccess): SamlSettings {
  const amr = {
    name: amrAttribute,
    value: 'session.amr',
    nameFormat: 'unspecified',
    required: false,
  } as const;
  return {
    ...access,
    nameId: SamlAccess.shape.nameId.parse({ format: 'unspecified', value: 'person.id' }),
    attributes: [...access.attributes, amr],
  };
}
