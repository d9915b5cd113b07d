import { z } from 'zod';
import { identifier, secret, url } from '../../../platform/config/index.ts';
import { commonSettings, rungDelay } from '../../target-policy.ts';

/** The attribute that carries our random id; always part of the mapping (R5.3). */
export const MARKER_ATTRIBUTE = 'vestibule_id';
/** What it is taken from: the account's own random id, which no directory value can be. */
export const MARKER_SOURCE = 'id';

const Authority = z.enum(['directory', 'first', 'target']);

/** What is done to a customer when access ends, after the login tokens have stopped (R5.5). */
const Ladder = z
  .strictObject({
    password: z
      .boolean()
      .default(true)
      .describe('At once: a random password that nobody knows, and force_password_reset.'),
    parking: z
      .strictObject({
        channelId: z
          .int()
          .positive()
          .describe('A channel that nobody can enter: inactive, and used by no relying party.'),
        after: rungDelay().prefault('0s').describe('Delay from the final end of access.'),
      })
      .optional()
      .describe('The customer is moved to this channel alone.'),
    group: z
      .strictObject({
        name: z.string().min(1).max(250).describe('A customer group without access to any category.'),
        after: rungDelay().prefault('0s').describe('Delay from the final end of access.'),
      })
      .optional()
      .describe('The customer is put into this group; never done to people of B2B Edition.'),
    delete: z
      .strictObject({ after: rungDelay().describe('Delay from the final end of access.') })
      .optional()
      .describe('The customer is deleted for good; orders stay. Absent: never.'),
  })
  .meta({ title: 'Ladder of a store' });

/** A BigCommerce store as the place where customers live. */
export const StorefrontTarget = z
  .strictObject({
    storeHash: z
      .string()
      .regex(/^[a-z0-9]{1,64}$/, 'use the hash from the API path, such as abc123')
      .describe('Hash of the store, as in https://api.bigcommerce.com/stores/{hash}.'),
    login: z
      .array(z.strictObject({ clientId: z.string().min(1), clientSecret: secret() }))
      .min(1)
      .describe(
        'API accounts that sign login tokens, newest first. They need only the scope Customers Login.',
      ),
    api: z
      .array(
        z.strictObject({
          clientId: z.string().min(1).optional(),
          clientSecret: secret().optional(),
          accessToken: secret(),
        }),
      )
      .min(1)
      .describe('API accounts that write customers, newest first. Not the ones that sign logins.'),
    apiUrl: url().prefault('https://api.bigcommerce.com').describe('Root of the BigCommerce API.'),
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
    liftPasswordReset: z
      .boolean()
      .default(false)
      .describe(
        'For stores that turn away login tokens of customers who must set a new password: the demand is lifted when access returns, and not made when an account is taken over.',
      ),
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
