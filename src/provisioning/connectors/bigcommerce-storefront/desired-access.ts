import type { AccountImage } from '../../connector/account-image.ts';
import type { Access, Desired } from '../../connector/connector.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import { managedGroups } from './prepare-groups.ts';

type Refusal = Extract<Desired, { outcome: 'refused' }>;

/**
 * Channels are an explicit list, never null and never empty: null would open every channel (BigCommerce docs:
 * channel-specific customers). A customer is in one group, so the first storefront of the configuration whose
 * role names one decides (R4.5). Where no role and no rung names any, groups are left alone; so they are for people
 * of B2B Edition, whose group is their company's (R5.5).
 */
export function desiredAccess(
  settings: StorefrontTarget,
  storefronts: readonly Storefront[],
  accesses: readonly Access[],
): { readonly outcome: 'access'; readonly image: AccountImage } | Refusal {
  const channels = new Set<string>();
  let group = '';
  let isB2b = false;
  for (const { id, access } of storefronts) {
    const granted = accesses.filter(({ relyingParty }) => relyingParty === id);
    if (granted.length === 0) continue;
    const roles = access.roles.filter((declared) => granted.some(({ role }) => role === declared.id));
    const [first] = roles;
    if (!first) return unmapped(`a role of ${id} is not declared there`);
    channels.add(String(access.channelId));
    group ||= first.customerGroup ?? '';
    isB2b ||= roles.some(({ b2b }) => b2b);
  }
  if (accesses.some(({ relyingParty }) => !storefronts.some(({ id }) => id === relyingParty))) {
    return unmapped('a relying party does not belong to this target');
  }
  if (channels.size === 0) {
    return { outcome: 'refused', code: 'provisioning.no_access', detail: 'no storefront may be entered' };
  }
  const isManaged = !isB2b && managedGroups(settings, storefronts).length > 0;
  return { outcome: 'access', image: { channels: [...channels].sort(), ...(isManaged && { group }) } };
}

function unmapped(detail: string): Refusal {
  return { outcome: 'refused', code: 'provisioning.role_unmapped', detail };
}
