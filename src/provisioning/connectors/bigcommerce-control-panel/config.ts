import { z } from 'zod';
import { secret, url } from '../../../platform/config/index.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

/** Requests that BigCommerce takes for an account in an hour, from all its tokens together. */
export const CALLS_PER_HOUR = 70;

const permission = () =>
  z
    .string()
    .max(100)
    .regex(
      /^[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*$/,
      'write the code that the Account API shows, such as Edit_Products',
    );

const permissionList = () => z.array(permission()).max(300);

const templateName = () => z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'use small letters, digits and "-"');

/** A BigCommerce account as the place where control-panel users live, in all its stores. */
export const ControlPanelTarget = z
  .strictObject({
    accountUuid: z
      .string()
      .regex(/^[0-9a-fA-F-]{8,64}$/, 'use the id from the API path, /accounts/{id}/graphql')
      .describe('Id of the account, as in https://api.bigcommerce.com/accounts/{id}/graphql.'),
    api: z
      .array(z.strictObject({ accessToken: secret() }))
      .min(1)
      .describe('Tokens of account-level API accounts, newest first.'),
    apiUrl: url().prefault('https://api.bigcommerce.com').describe('Root of the BigCommerce API.'),
    ...commonSettings,
    templates: z
      .record(templateName(), permissionList())
      .default({})
      .describe('Name → permissions that belong together, for roles of several stores.'),
    combine: z
      .enum(['first', 'union'])
      .default('first')
      .describe(
        'What somebody gets who holds several roles of one store: the first in order, or all permissions.',
      ),
    untouchable: z
      .array(z.string().min(3).max(255))
      .default([])
      .describe(
        'Mail addresses of users who are never changed, such as whoever owns the API account. Owners of stores are known without.',
      ),
    callsPerHour: z
      .int()
      .min(10)
      .max(CALLS_PER_HOUR)
      .default(CALLS_PER_HOUR)
      .describe('Requests an hour; less when other programs use the account, because they share them.'),
    pageSize: z
      .int()
      .min(10)
      .max(250)
      .default(100)
      .describe(
        'Users or stores that are asked for at once; a page that BigCommerce refuses is made smaller.',
      ),
    ladder: z
      .strictObject({
        leaveAccount: rungDelay()
          .prefault('30d')
          .describe('How long after the end somebody who is in no store any more also leaves the account.'),
        otherStores: z
          .enum(['wait', 'remove'])
          .default('wait')
          .describe(
            'Whether leaving the account waits while somebody still enters stores that no relying party names.',
          ),
      })
      .prefault({})
      .describe('What follows the removal from the stores, which comes at once.'),
  })
  .meta({ title: 'BigCommerce account' });
export type ControlPanelTarget = z.infer<typeof ControlPanelTarget>;

/** What a role of a relying party stands for in the control panel of its store. */
export const RoleMeaning = z
  .strictObject({
    permissions: z
      .union([z.literal('any'), permissionList()])
      .optional()
      .describe('Permissions that somebody is to have, or any: people decide there.'),
    template: templateName().optional().describe('Instead: name among the templates of the target.'),
  })
  .refine(({ permissions, template }) => (permissions === undefined) !== (template === undefined), {
    message: 'say what the role stands for: a template, a list of permissions, or permissions: any',
  })
  .meta({ title: 'Role in a control panel' });
export type RoleMeaning = z.infer<typeof RoleMeaning>;
