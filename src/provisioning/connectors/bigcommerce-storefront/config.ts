import { z } from 'zod';
import { identifier, url } from '../../../platform/config/index.ts';
import { MARKER_ATTRIBUTE } from '../../bigcommerce/customer-fields.ts';
import {
  apiUrl,
  deleteSettings,
  liftPasswordReset,
  parkingSettings,
  passwordSettings,
  storeSettings,
} from '../../bigcommerce/store-settings.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

/** What the attribute of our marker is taken from (R5.3): the account's own random id, which no directory value can be. */
export const MARKER_SOURCE = 'id';

const Authority = z.enum(['directory', 'first', 'target']);

/** What is done to a customer when access ends, after the login tokens have stopped (R5.5). */
const Ladder = z
  .strictObject({
    password: passwordSettings('At once'),
    parking: parkingSettings,
    group: z
      .strictObject({
        name: z.string().min(1).max(250).describe('A customer group without access to any category.'),
        after: rungDelay().prefault('0s').describe('Delay from the final end of access.'),
      })
      .optional()
      .describe('The customer is put into this group; never done to people of B2B Edition.'),
    delete: deleteSettings,
  })
  .meta({ title: 'Ladder of a store' });

/** A BigCommerce store as the place where customers live. */
export const StorefrontTarget = z
  .strictObject({
    ...storeSettings,
    apiUrl: apiUrl(),
    ...commonSettings,
    attributes: z
      .record(z.string().min(1).max(255), z.string().min(1))
      .default({ [MARKER_ATTRIBUTE]: MARKER_SOURCE })
      .describe(
        'Customer attribute → where its value comes from: id, login, displayName, department, company, phone or attributes.NAME. vestibule_id: id is required.',
      ),
    formFields: z
      .record(z.string().min(1).max(255), z.string().min(1))
      .default({})
      .describe(
        'Form field of the account sign-up form → where its value comes from, as for attributes. The field must exist.',
      ),
    authority: z
      .record(z.string(), Authority)
      .default({})
      .describe(
        'Whose value counts, for mail, name, company, phone, address, attributes.NAME or formFields.NAME.',
      ),
    addresses: z.boolean().default(true).describe('Whether the postal address is written.'),
    createGroups: z
      .boolean()
      .default(false)
      .describe(
        'Whether customer groups that a role or the ladder names are made when the store lacks them.',
      ),
    ladder: Ladder.prefault({}).describe('What is done to the customer when access ends.'),
    liftPasswordReset,
    b2bEdition: z
      .boolean()
      .default(false)
      .describe(
        'The store has B2B Edition: customers in a group that neither a role nor the ladder names, and that is not the default, belong to a company and keep it.',
      ),
    webhooks: z
      .strictObject({
        unsigned: z
          .enum(['refuse', 'with-secret'])
          .default('refuse')
          .describe(
            'Messages of the store without a signature: refused, or believed when they carry the secret of the registration. BigCommerce does not document that every message is signed.',
          ),
      })
      .prefault({})
      .describe('What the store tells of by itself; vestibule webhooks register sets it up.'),
    testCustomer: z
      .int()
      .positive()
      .optional()
      .describe(
        'Number of a customer made for tests. vestibule check signs in as it with every login credential; it must cover the first storefront.',
      ),
  })
  .meta({ title: 'BigCommerce store' });
export type StorefrontTarget = z.infer<typeof StorefrontTarget>;

/** One storefront of a store: its channel, and what the roles mean there. */
export const StorefrontAccess = z
  .strictObject({
    channelId: z.int().positive().describe('Channel of the storefront.'),
    storefrontUrl: url()
      .optional()
      .describe('Where people enter; absent, the primary URL of the channel is asked from the store.'),
    roles: z
      .array(
        z.strictObject({
          id: identifier(),
          title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
          customerGroup: z
            .string()
            .min(1)
            .max(250)
            .optional()
            .describe('Name of the customer group that the role stands for.'),
          b2b: z
            .boolean()
            .default(false)
            .describe(
              'People of B2B Edition: their customer group is decided there and is never touched, whatever other roles say.',
            ),
        }),
      )
      .min(1)
      .describe('Roles in order of precedence (a customer is in one group only).'),
  })
  .meta({ title: 'BigCommerce storefront' });
export type StorefrontAccess = z.infer<typeof StorefrontAccess>;

export type Storefront = { readonly id: string; readonly access: StorefrontAccess };
