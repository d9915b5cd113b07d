import { z } from 'zod';
import { identifier, secret, url } from '../../../platform/config/index.ts';
import { commonSettings } from '../../target-policy.ts';

/** The attribute that carries our random id; always part of the mapping (R5.3). */
export const MARKER_ATTRIBUTE = 'vestibule_id';
/** What it is taken from: the account's own random id, which no directory value can be. */
export const MARKER_SOURCE = 'id';

const Authority = z.enum(['directory', 'first', 'target']);

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
    authority: z
      .record(z.string(), Authority)
      .default({})
      .describe('Whose value counts, for mail, name, company, phone, address or attributes.NAME.'),
    addresses: z.boolean().default(true).describe('Whether the postal address is written.'),
    createGroups: z
      .boolean()
      .default(false)
      .describe('Whether customer groups that a role names are made when the store lacks them.'),
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
        }),
      )
      .min(1)
      .describe('Roles in order of precedence (a customer is in one group only).'),
  })
  .meta({ title: 'BigCommerce storefront' });
export type StorefrontAccess = z.infer<typeof StorefrontAccess>;

export type Storefront = { readonly id: string; readonly access: StorefrontAccess };
