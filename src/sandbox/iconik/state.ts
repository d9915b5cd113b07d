import { trustOf } from './identity-providers.ts';
import { iconikDate, type User } from './model.ts';
import * as seeds from './seeds.ts';
import type { Iconik } from './server.ts';

/** What tests and the control API may look at, with names instead of ids where people read it. */
export function showState(iconik: Iconik): Readonly<Record<string, unknown>> {
  const { store } = iconik;
  const providers = [...store.identityProviders.values()];
  const first = providers[0];
  return {
    serviceProvider: first ? addressesOf(iconik, first) : null,
    serviceProviders: providers.map((record) => ({
      ...{ ...record, ...addressesOf(iconik, record) },
      domains: [...store.domains].filter(([, id]) => id === record.id).map(([domain]) => domain),
    })),
    credentials: { ...seeds.iconikCredentials, systemDomainId: store.systemDomainId },
    users: [...store.users.values()].map((user) => showUser(iconik, user)),
    groups: [...store.groups.values()],
    roleGroups: [...store.roleGroups.values()],
    mappings: store.mappings,
    collections: [...store.collections.values()],
    acl: store.acl,
    shares: [...store.shares.values()].map((share) => ({
      ...share,
      expires: share.expires && iconikDate(share.expires),
    })),
    gateways: gatewaysOf(iconik),
    tokens: [...store.tokens.values()].map(({ id, app_id, user_id, usedBy }) => ({
      id,
      app_id,
      user_id,
      usedBy,
    })),
    mails: store.mails,
    sessions: [...store.sessions.values()].map(({ id: _id, ...session }) => session),
    openRequests: store.requests.size,
    openJobs: store.jobs.map(({ title }) => title),
    logins: store.logins,
    apiCalls: store.calls,
  };
}

function addressesOf(iconik: Iconik, record: Parameters<typeof trustOf>[1]): object {
  const { entityId, start, acs, slo } = trustOf(iconik, record);
  return { entityId, start, acs, slo };
}

function showUser(iconik: Iconik, user: User): object {
  const { groups, roleGroups } = iconik.store;
  const nameOf = (id: string | null): string | null => (id === null ? null : (groups.get(id)?.name ?? id));
  return {
    ...user,
    groups: user.groups.map(nameOf),
    primary_group: nameOf(user.primary_group),
    role_groups: user.role_groups.map((id) => roleGroups.get(id)?.name ?? id),
  };
}

/** A storage gateway works as long as the token that it was set up with. */
function gatewaysOf({ store }: Iconik): readonly object[] {
  return seeds.GATEWAYS.map(({ name, token }) => {
    const owner = [...store.tokens.values()].find((each) => each.token === token);
    return { name, online: owner !== undefined };
  });
}
