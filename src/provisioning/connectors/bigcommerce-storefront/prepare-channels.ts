import { reasonOf } from '../../bigcommerce/customers-answers.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { FactNeeds } from './facts.ts';
import { ChannelInformation, ChannelSettings, ChannelSite } from './schema.ts';

/** Primary URL by channel, for storefronts whose configuration does not name one. */
export async function readSites(
  { api, storefronts, problems }: FactNeeds,
  budget: CallBudget,
): Promise<Record<string, string>> {
  const sites: Record<string, string> = {};
  for (const { id, access } of storefronts) {
    if (access.storefrontUrl !== undefined) continue;
    const path = `/v3/channels/${access.channelId}/site` as const;
    const answer = await api.send({ verb: 'GET', path }, ChannelSite, budget);
    if (answer.outcome === 'ok') {
      const { url, urls = [] } = answer.body.data;
      sites[String(access.channelId)] = urls.find(({ type }) => type === 'primary')?.url ?? url;
    } else {
      problems.push({
        path: `relyingParties.${id}.storefrontUrl`,
        message: `the store did not tell the URL of channel ${access.channelId} (${reasonOf(answer)}); set storefrontUrl or allow the scope Sites & routes: read-only`,
      });
    }
  }
  return sites;
}

/**
 * Which of our channels a customer without a list of channels may enter: whoever may not is no candidate there (R1.3).
 * Where a store does not tell, such customers are taken for candidates, which refuses rather than confuses.
 */
export async function readGlobalLogins(
  { api, storefronts }: FactNeeds,
  budget: CallBudget,
): Promise<Record<string, boolean>> {
  const known: Record<string, boolean> = {};
  // A single storefront on the default channel is where global customers belong.
  const channels = new Set(storefronts.map(({ access }) => access.channelId));
  if (channels.size === 1 && channels.has(1)) return known;
  for (const channel of channels) {
    const path = `/v3/customers/settings/channels/${channel}` as const;
    const answer = await api.send({ verb: 'GET', path }, ChannelSettings, budget);
    if (answer.outcome !== 'ok') continue;
    const { allow_global_logins: top, customer_group_settings: nested } = answer.body.data;
    const allowed = top ?? nested?.allow_global_logins;
    if (allowed !== undefined) known[String(channel)] = allowed;
  }
  return known;
}

/** Who is parked on a channel that is open, or one that does not exist, is not locked out or not parked. */
export async function checkParking(
  { api, settings, problems }: FactNeeds,
  budget: CallBudget,
): Promise<void> {
  const { parking } = settings.ladder;
  if (!parking) return;
  const { channelId } = parking;
  const path = `/v3/channels/${channelId}` as const;
  const answer = await api.send({ verb: 'GET', path }, ChannelInformation, budget);
  const problem = (message: string): unknown => problems.push({ path: 'ladder.parking.channelId', message });
  if (answer.outcome === 'missing')
    problem(`the store has no channel ${channelId}; make one and leave it inactive`);
  else if (answer.outcome !== 'ok') {
    problem(
      `channel ${channelId} could not be looked at (${reasonOf(answer)}); allow the scope Channel settings: read-only`,
    );
  } else if (answer.body.data.status === 'active') {
    problem(
      `channel ${channelId} is active, so people who are parked there could enter it; make it inactive`,
    );
  }
}
