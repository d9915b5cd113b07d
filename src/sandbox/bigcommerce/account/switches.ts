import { amount, choice, type Positions } from '../../frame/switches.ts';

const assumption = true;

/** What the documents of the Account API leave open. Names begin with `account`, because all of BigCommerce shares one table. */
export const accountSwitches = {
  accountQuota: amount(70, {
    explains: 'Calls below /accounts in an hour, shared by all tokens of the account.',
  }),
  accountRateHeaders: choice(['sent', 'omitted'], {
    explains: 'Whether answers of the Account API carry X-Rate-Limit-… and a 429 X-Retry-After.',
    assumption,
  }),
  accountRejectedStatus: choice(['200', '400'], {
    explains:
      'HTTP status of a document that does not parse, does not fit the schema or has wrong variables.',
    assumption,
  }),
  accountMissingScope: choice(['graphql', 'http-403'], {
    explains: 'A token without the scope: an error beside null data, or 403 for the whole call.',
    assumption,
  }),
  accountErrorCodes: choice(['absent', 'present'], {
    explains: 'Whether refusals of mutations carry extensions.code; no list of codes is published.',
    assumption,
  }),
  accountPageSize: amount(50, {
    explains: 'Edges of a connection when neither first nor last is given.',
    assumption,
  }),
  accountPageMost: amount(250, { explains: 'Most edges that first or last may ask for.', assumption }),
  accountAddAgain: choice(['refused', 'no-change'], {
    explains: 'Adding somebody who is in the account or store already.',
    assumption,
  }),
  accountRemoveAgain: choice(['refused', 'no-change'], {
    explains: 'Removing somebody from a store whose user they are not.',
    assumption,
  }),
  accountAddByEmail: choice(['joins-account', 'refused'], {
    explains: 'addUserToStore with a mail address that the account does not know; by id it is refused.',
    assumption,
  }),
  accountLastStore: choice(['stays', 'leaves-account'], {
    explains: 'Somebody who was removed from their last store.',
    assumption,
  }),
  accountRemovalWithStores: choice(['leaves-stores', 'refused'], {
    explains: 'removeUserFromAccount while somebody is still a user of stores.',
    assumption,
  }),
  accountFreshPermissions: choice(['twice', 'once', 'none'], {
    explains:
      'No_Permission_Required of a fresh user: the documents show it twice; never any other permission.',
    assumption,
  }),
  accountInvitedStatus: choice(['ACTIVE', 'PENDING'], {
    explains: 'Status of somebody who has not accepted the invitation; the documents show ACTIVE only.',
    assumption,
  }),
} as const;

export type AccountPositions = Positions<typeof accountSwitches>;
