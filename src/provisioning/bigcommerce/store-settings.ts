import { z } from 'zod';
import { secret, url } from '../../platform/config/index.ts';
import { rungDelay } from '../connector/target-policy.ts';

/** API accounts with which a store is written, newest first (R5.1). */
export const ApiAccounts = z
  .array(
    z.strictObject({
      clientId: z.string().min(1).optional(),
      clientSecret: secret().optional(),
      accessToken: secret(),
    }),
  )
  .min(1);

/** Which store it is, and how it is spoken to. */
export const storeSettings = {
  storeHash: z
    .string()
    .regex(/^[a-z0-9]{1,64}$/, 'use the hash from the API path, such as abc123')
    .describe('Hash of the store, as in https://api.bigcommerce.com/stores/{hash}.'),
  login: z
    .array(z.strictObject({ clientId: z.string().min(1), clientSecret: secret() }))
    .min(1)
    .describe('API accounts that sign login tokens, newest first. They need only the scope Customers Login.'),
  api: ApiAccounts.describe(
    'API accounts that write customers, newest first. Not the ones that sign logins.',
  ),
};
export const apiUrl = () =>
  url().prefault('https://api.bigcommerce.com').describe('Root of the BigCommerce API.');

/** Part of a ladder. @param when `At once` or `Then`: what the rung comes after. */
export const passwordSettings = (when: string) =>
  z
    .boolean()
    .default(true)
    .describe(`${when}: a random password that nobody knows, and force_password_reset.`);

const Parking = z.strictObject({
  channelId: z
    .int()
    .positive()
    .describe('A channel that nobody can enter: inactive, and used by no relying party.'),
  after: rungDelay().prefault('0s').describe('Delay from the final end of access.'),
});
export type ParkingSettings = z.infer<typeof Parking>;
export const parkingSettings = Parking.optional().describe('The customer is moved to this channel alone.');

const Delete = z.strictObject({ after: rungDelay().describe('Delay from the final end of access.') });
export type DeleteSettings = z.infer<typeof Delete>;
export const deleteSettings = Delete.optional().describe(
  'The customer is deleted for good; orders stay. Absent: never.',
);

export const liftPasswordReset = z
  .boolean()
  .default(false)
  .describe(
    'For stores that turn away login tokens of customers who must set a new password: the demand is lifted when access returns, and not made when an account is taken over.',
  );
