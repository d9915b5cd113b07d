import type { Problem } from '../../../base/index.ts';
import type { CallFailed, PrepareAnswer } from '../../connector/connector.ts';
import { trustCalls } from './calls.ts';
import type { IconikFacts } from './facts.ts';
import { findGroups } from './find-groups.ts';
import { findCollections, grantProjectGroups } from './find-projects.ts';
import { readOwnStanding } from './integration-user.ts';
import { readAfter } from './paging.ts';
import type { PrepareNeeds } from './prepare-needs.ts';

type Prepared = Exclude<PrepareAnswer, CallFailed> & { readonly facts: IconikFacts };

/** Reads who we are there, which model the domain has, and the ids of all that roles name; makes what is missing. */
export async function prepareDomain(needs: PrepareNeeds): Promise<Prepared | CallFailed> {
  const problems: Problem[] = [];
  const own = await readOwnStanding(needs, problems);
  if (own.outcome === 'unavailable') return own;
  const groups = await findGroups(needs, problems);
  if (groups.outcome === 'unavailable') return groups;
  const collections = await findCollections(needs, problems);
  if (collections.outcome === 'unavailable') return collections;
  await grantProjectGroups(needs, groups.facts.groups, collections.table, problems);
  const identityProviders = await findIdentityProvider(needs, problems);
  if (identityProviders.outcome === 'unavailable') return identityProviders;
  const facts: IconikFacts = {
    ...groups.facts,
    teamFields: own.user.teams === undefined ? 'groups' : 'teams',
    ownUser: own.user.id,
    systemDomain: own.user.system_domain_id ?? needs.before.systemDomain,
    collections: collections.table,
    identityProviders: identityProviders.ids,
    missingRoles: [...own.missingRoles],
  };
  return { outcome: 'prepared', facts, problems };
}

type Providers = { readonly outcome: 'found'; readonly ids: Readonly<Record<string, string>> };

async function findIdentityProvider(
  { api, budget, settings: { identityProvider } }: PrepareNeeds,
  problems: Problem[],
): Promise<{ readonly outcome: 'found'; readonly ids: Record<string, string> } | CallFailed> {
  if (!identityProvider) return { outcome: 'found', ids: {} };
  const all = await readAfter(api, trustCalls.list, ({ id }) => id, budget);
  if (all.outcome === 'unavailable') return all;
  const entries = all.outcome === 'all' ? all.entries : [];
  const ours = entries.filter(({ settings }) => settings['name'] === identityProvider.name);
  const [only, ...others] = ours;
  const message = only
    ? `iconik has several identity providers "${identityProvider.name}"; remove all but one there`
    : `iconik has no identity provider "${identityProvider.name}" yet; set it up, or turn bindUsers off`;
  // Without binding nothing leans on the entry; whoever set sign-in up by hand may have called it otherwise.
  if ((!only && identityProvider.bindUsers) || others.length > 0)
    problems.push({ path: 'identityProvider.name', message });
  const ids: Providers['ids'] = only && others.length === 0 ? { [identityProvider.name]: only.id } : {};
  return { outcome: 'found', ids: { ...ids } };
}
