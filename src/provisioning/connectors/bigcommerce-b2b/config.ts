import { z } from 'zod';
import { identifier, url } from '../../../platform/config/index.ts';
import {
  ApiAccounts,
  apiUrl,
  deleteSettings,
  liftPasswordReset,
  parkingSettings,
  passwordSettings,
  storeSettings,
} from '../../bigcommerce/store-settings.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

const Authority = z.enum(['directory', 'first', 'target']).default('directory');

/** What follows when access ends, after the login tokens have stopped and companies are unassigned (R5.5). */
const Ladder = z
  .strictObject({
    deleteUser: rungDelay()
      .prefault('0s')
      .describe('How long after the end a company user is deleted. The customer stays.'),
    password: passwordSettings('Then'),
    parking: parkingSettings,
    delete: deleteSettings,
  })
  .meta({ title: 'Ladder of B2B Edition' });

/** A BigCommerce store with B2B Edition as the place where company users and super admins live. */
export const B2bTarget = z
  .strictObject({
    ...storeSettings,
    b2b: ApiAccounts.optional().describe(
      'API accounts with the scope B2B Edition (modify), newest first. Absent: those of api.',
    ),
    apiUrl: apiUrl(),
    b2bUrl: url().prefault('https://api-b2b.bigcommerce.com').describe('Root of the API of B2B Edition.'),
    ...commonSettings,
    authority: z
      .strictObject({ mail: Authority, name: Authority, phone: Authority })
      .prefault({})
      .describe('Whose value counts.'),
    ladder: Ladder.prefault({}).describe('What is done when access ends.'),
    liftPasswordReset,
  })
  .meta({ title: 'BigCommerce B2B Edition' });
export type B2bTarget = z.infer<typeof B2bTarget>;

const name = () => z.string().trim().min(1).max(255);
const FromAttribute = z
  .strictObject({
    attribute: z.string().min(1).describe('Declared attribute of the person.'),
    by: z
      .enum(['name', 'id', 'uuid'])
      .default('name')
      .describe('What its value is: the name of the company, its id, or its external id (uuid).'),
  })
  .meta({ title: 'From an attribute' });
export type FromAttribute = z.infer<typeof FromAttribute>;

const CompanyName = z.union([name(), z.int().positive()]);
/** A text is the name of a company, a number its id. */
export type CompanyName = z.infer<typeof CompanyName>;

const BuyerRole = z
  .strictObject({
    company: z
      .union([CompanyName, FromAttribute])
      .describe('The one company of the person: its name, its id as a number, or from an attribute.'),
    role: name().describe('admin, senior-buyer, junior-buyer, or the name of a role of the store.'),
  })
  .meta({ title: 'Company user' });

const SuperAdminRole = z
  .strictObject({
    companies: z
      .union([z.literal('all'), z.array(CompanyName).min(1), FromAttribute])
      .describe('Companies that are looked after: all (that are approved), a list, or from an attribute.'),
  })
  .meta({ title: 'Super admin' });

const B2bRole = z
  .strictObject({
    id: identifier(),
    title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
    companyUser: BuyerRole.optional().describe('A buyer of one company.'),
    superAdmin: SuperAdminRole.optional().describe('A sales representative who may act for companies.'),
  })
  .refine(({ companyUser, superAdmin }) => (companyUser === undefined) !== (superAdmin === undefined), {
    message: 'write either companyUser or superAdmin; nobody is both',
  });
export type B2bRole = z.infer<typeof B2bRole>;

/** One storefront of a store with B2B Edition: its channel, and what the roles mean there. */
export const B2bAccess = z
  .strictObject({
    channelId: z.int().positive().describe('Channel of the storefront; B2B Edition is switched on for it.'),
    storefrontUrl: url()
      .optional()
      .describe('Where people enter; absent, the primary URL of the channel is asked from the store.'),
    roles: z.array(B2bRole).min(1).describe('Roles in order of precedence (nobody is in two companies).'),
  })
  .meta({ title: 'BigCommerce B2B storefront' });
export type B2bAccess = z.infer<typeof B2bAccess>;

export type B2bStorefront = { readonly id: string; readonly access: B2bAccess };
