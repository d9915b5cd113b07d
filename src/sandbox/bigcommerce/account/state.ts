import type { Account } from './account.ts';

/** What tests and the control API may look at: everything but passwords and tokens. */
export function showAccount(account: Account): object {
  return {
    uuid: account.uuid,
    name: account.name,
    owner: account.owner,
    tokens: account.tokens.map(({ accessToken: _secret, ...token }) => token),
    users: [...account.users.values()].map(({ password, invitation: _link, stores, ...user }) => ({
      ...user,
      hasAccepted: password !== null,
      stores: Object.fromEntries(stores),
    })),
    mails: account.mails,
    calls: account.calls,
    window: account.window,
  };
}
