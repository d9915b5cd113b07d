import { z } from 'zod';
import type { User } from '../model.ts';
import type { Iconik } from '../server.ts';
import { readBody } from './body.ts';
import { type Handler, notFound, ok } from './call.ts';
import { groupOf } from './groups.ts';
import { numberedPage } from './paging.ts';
import { at } from './user-view.ts';

function showDomain({ store, switches, needs }: Iconik): object {
  return {
    ...{ id: store.systemDomainId, name: 'Halden', base_url: needs.url('iconik'), type: 'CUSTOMER' },
    ...{ status: switches.positions.domainStatus, billing_tier: 'ENTERPRISE', is_plg: false, features: [] },
  };
}

export const listSystemDomains: Handler = ({ iconik }) => ok({ objects: [showDomain(iconik)] });

export const getSystemDomain: Handler = ({ iconik, params }) =>
  params['systemDomainId'] === iconik.store.systemDomainId
    ? ok(showDomain(iconik))
    : notFound('System domain');

/** Settings of the domain are the same things as switches of the simulator. */
function settingsOf({ store, switches }: Iconik): object {
  const { requireGroups, updatePrimaryGroup, maxPowerUsers, maxStandardUsers, maxBrowseUsers } =
    switches.positions;
  const limit = (seats: number): number | null => (seats === 0 ? null : seats);
  return {
    ...{ system_domain_id: store.systemDomainId, system_domain_name: 'Halden' },
    ...{ saml_require_groups: requireGroups, update_saml_primary_group_on_login: updatePrimaryGroup },
    ...{ max_power_users: limit(maxPowerUsers), max_standard_users: limit(maxStandardUsers) },
    ...{ max_browse_users: limit(maxBrowseUsers), mfa_required: false, mfa_methods: [], allowed_ips: [] },
  };
}

const Seats = z.int().min(0).nullable();
const Settings = z
  .object({
    saml_require_groups: z.boolean(),
    update_saml_primary_group_on_login: z.boolean(),
    max_power_users: Seats,
    max_standard_users: Seats,
    max_browse_users: Seats,
  })
  .partial();
const SWITCH_OF = {
  saml_require_groups: 'requireGroups',
  update_saml_primary_group_on_login: 'updatePrimaryGroup',
  max_power_users: 'maxPowerUsers',
  max_standard_users: 'maxStandardUsers',
  max_browse_users: 'maxBrowseUsers',
} as const;

const isOurs = ({ iconik, params }: Parameters<Handler>[0]): boolean =>
  (params['systemDomainId'] ?? iconik.store.systemDomainId) === iconik.store.systemDomainId;

export const getSettings: Handler = (call) =>
  isOurs(call) ? ok(settingsOf(call.iconik)) : notFound('Realm');

export const changeSettings: Handler = (call) => {
  if (!isOurs(call)) return notFound('Realm');
  const read = readBody(call, Settings);
  if (read.outcome === 'refused') return read.answer;
  const turned = Object.entries(read.value).map(([name, value]) => [
    SWITCH_OF[name as keyof typeof SWITCH_OF],
    value ?? 0,
  ]);
  call.iconik.switches.set(Object.fromEntries(turned));
  return ok(settingsOf(call.iconik));
};

/** Settings of a group or of a team; none of them matter here. */
export const getGroupSettings: Handler = (call) => {
  const group = groupOf(call);
  return group ? ok({ group_id: group.id, allowed_ips: [], acl_template_id: null }) : notFound('Realm');
};

/** Who used the product, by day or month: what billing looks at. It is no log of events. */
export const listUsage: Handler = (call) => {
  const { iconik, params, query } = call;
  const length = { month: 7, day: 10, day_detailed: 10 }[params['period'] ?? ''];
  if (length === undefined) return notFound('Period');
  const [from, to] = [query.get('from_date'), query.get('to_date')];
  const counts = new Map<string, { user: User; date: string; count: number }>();
  for (const { at: moment, outcome, email } of iconik.store.logins) {
    const user = [...iconik.store.users.values()].find((each) => each.email === email);
    if (outcome !== 'signed-in' || !user || (from && moment < from) || (to && moment > to)) continue;
    const date = moment.slice(0, length);
    const key = `${user.id} ${date}`;
    counts.set(key, { user, date, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return numberedPage(call, [...counts.values()], ({ user, date, count }) => ({
    ...{ user_id: user.id, user_email: user.email, user_name: `${user.first_name} ${user.last_name}`.trim() },
    ...{
      type: user.type,
      date,
      count,
      system_domain_id: iconik.store.systemDomainId,
      date_created: at(iconik),
    },
  }));
};
