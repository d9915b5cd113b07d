import { amount, choice, type Positions } from '../../frame/switches.ts';

const assumption = true;

/** What the documents of B2B Edition leave open, and how a store is set up. Names begin with `b2b`. */
export const b2bSwitches = {
  b2bCompanyBehavior: choice(['independent', 'dependent'], {
    explains: 'Companies are given a customer group, or each one makes and owns its group.',
  }),
  b2bQuota: amount(150, { explains: 'Requests of B2B Edition in 60 s.' }),
  b2bRateHeaders: choice(['sent', 'omitted'], {
    explains: 'Whether answers carry X-Requests-Allocated, -Remaining and X-Request-Window-Resets-After.',
    assumption,
  }),
  b2bResetUnit: choice(['seconds', 'milliseconds'], {
    explains: 'What X-Request-Window-Resets-After counts.',
    assumption,
  }),
  b2bMixedTokens: choice(['refused', 'x-auth-token'], {
    explains: 'A request with authToken and X-Auth-Token, which the documents advise against.',
    assumption,
  }),
  b2bMissingScope: choice(['403', '401'], {
    explains: 'Status for a token without the scope of B2B Edition.',
    assumption,
  }),
  b2bErrorStatus: choice(['as-code', 'always-200'], {
    explains: 'Whether the HTTP status of an error is that of its code.',
    assumption,
  }),
  b2bErrorFields: choice(['camel', 'snake'], {
    explains: 'How errors name fields: firstName as in bodies, or first_name as has been seen.',
    assumption,
  }),
  b2bLimitTooLarge: choice(['refused', 'clamped'], {
    explains: 'A limit above that of the endpoint.',
    assumption,
  }),
  b2bEmailFilter: choice(['any-case', 'same-case'], {
    explains: 'The exact e-mail filter of users and the letter case.',
    assumption,
  }),
  b2bReadOnlyFields: choice(['ignored', 'refused'], {
    explains: 'companyId in a PUT of a user, e-mail in a PUT of a super admin.',
    assumption,
  }),
  b2bAdoptedNames: choice(['taken-over', 'kept'], {
    explains:
      'Names and phone of a customer who becomes a company user or super admin: the given or the own.',
    assumption,
  }),
  b2bAdoptedChannels: choice(['replaced', 'merged'], {
    explains: 'channel_ids of a customer who becomes a company user or super admin.',
    assumption,
  }),
  b2bGroupWrites: choice(['put-back', 'kept'], {
    explains: 'The customer group of a company user that something else changed.',
    assumption,
  }),
  b2bGroupAfterDelete: choice(['none', 'stays'], {
    explains: 'The customer group of somebody whose company user was deleted.',
    assumption,
  }),
  b2bAfterCustomerDelete: choice(['removed', 'left-behind'], {
    explains: 'A company user or super admin whose customer was deleted over the Customers API.',
    assumption,
  }),
} as const;

export type B2bPositions = Positions<typeof b2bSwitches>;
