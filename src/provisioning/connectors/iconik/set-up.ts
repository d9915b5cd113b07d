import type { CallFailed, SetUp, SetUpAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { failedRead, type NotOk } from './answers.ts';
import { trustCalls, userCalls } from './calls.ts';
import type { IconikTarget } from './config.ts';
import { type IconikFacts, idOf } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import { readAfter } from './paging.ts';
import { differences, updateSentence, wantedProvider } from './provider-settings.ts';
import type { IdentityProvider } from './schema.ts';

type Needs = {
  readonly api: IconikApi;
  readonly settings: IconikTarget;
  readonly facts: IconikFacts;
  readonly budget: CallBudget;
};
type Trust = NonNullable<IconikTarget['identityProvider']>;
type Stopped = Extract<SetUpAnswer, { outcome: 'refused' }> | CallFailed;
type Done<T> = { readonly outcome: 'done'; readonly value: T };

export type IconikSetUp = {
  readonly answer: SetUpAnswer;
  /** Id of our identity provider there, once it is known. */
  readonly provider?: string;
};

/** Makes iconik trust our assertions, send our mail domains here, and understand our group names. Safe to repeat. */
export async function setUpTrust(needs: Needs, wanted: SetUp): Promise<IconikSetUp> {
  const trust = needs.settings.identityProvider;
  if (!trust) {
    const detail = 'the target says nothing about identityProvider; add it, an empty one will do';
    return { answer: { outcome: 'refused', detail } };
  }
  const changes: string[] = [];
  const provider = await ensureProvider(needs, trust, wanted, changes);
  if (provider.outcome !== 'done') return { answer: provider };
  const known = { provider: provider.value.id };
  const domains = await bindDomains(needs, trust, provider.value, changes);
  if (domains) return { ...known, answer: domains };
  const mappings = await mapGroups(needs, trust, changes);
  if (mappings) return { ...known, answer: mappings };
  const addresses = addressesOf(needs.settings, provider.value);
  return { ...known, answer: { outcome: 'done', changes, ...(addresses && { addresses }) } };
}

/** Each entry is a service provider of its own, by its public id. iconik docs: SAML metadata, SSO. */
function addressesOf(
  { url }: IconikTarget,
  { public_id }: IdentityProvider,
): Readonly<Record<string, string>> | undefined {
  if (public_id === '') return undefined;
  const at = (what: string): string => new URL(`/API/auth/v1/auth/saml/${what}/${public_id}/`, url).href;
  return { metadataUrl: at('metadata'), startUrl: at('sso') };
}

async function ensureProvider(
  { api, budget }: Needs,
  trust: Trust,
  { metadata, entityId }: SetUp,
  changes: string[],
): Promise<Done<IdentityProvider> | Stopped> {
  const converted = await api.send(trustCalls.convert(metadata), budget);
  if (converted.outcome !== 'ok') return stopped(converted, 'iconik cannot read our metadata');
  const read = converted.body.settings;
  if (read['idp_entity_id'] !== entityId)
    return refused('iconik reads another entity id out of our metadata');
  const all = await readAfter(api, trustCalls.list, ({ id }) => id, budget);
  if (all.outcome === 'unavailable') return all;
  const entries = all.outcome === 'all' ? all.entries : [];
  const known =
    entries.find(({ settings }) => settings['idp_entity_id'] === entityId) ??
    entries.find(({ settings }) => settings['name'] === trust.name);
  const body = wantedProvider(trust, read);
  const different = known ? differences(known, body) : [];
  if (known && different.length === 0) return { outcome: 'done', value: known };
  const call = known ? trustCalls.change(known.id, body) : trustCalls.create(body);
  const answer = await api.send(call, budget);
  if (answer.outcome !== 'ok') return stopped(answer, 'iconik did not take our identity provider');
  const left = differences(answer.body, body);
  if (left.length > 0) {
    return refused(`iconik keeps ${left.join(', ')} of "${trust.name}" as before; change it there by hand`);
  }
  changes.push(
    known ? updateSentence(trust.name, different, body) : `The identity provider "${trust.name}" was added.`,
  );
  return { outcome: 'done', value: answer.body };
}

async function bindDomains(
  { api, budget, facts }: Needs,
  trust: Trust,
  provider: IdentityProvider,
  changes: string[],
): Promise<Stopped | undefined> {
  const systemDomain = facts.systemDomain === '' ? await ownDomain(api, budget) : facts.systemDomain;
  if (typeof systemDomain !== 'string') return systemDomain;
  for (const domain of trust.domains) {
    // There is no list of bound domains; where iconik would send an address of it tells.
    const url = await api.send(trustCalls.signInUrl(`sign-in-check@${domain}`), budget);
    if (url.outcome === 'unavailable') return url;
    const isBound = url.outcome === 'ok' && leadsTo(url.body.url, provider);
    if (isBound) continue;
    const body = { domain, identity_provider_id: provider.id, system_domain_id: systemDomain };
    const answer = await api.send(trustCalls.bindDomain(body), budget);
    if (answer.outcome !== 'ok') {
      return stopped(
        answer,
        `the mail domain ${domain} could not be bound; it may belong to another identity provider, remove that binding in iconik`,
      );
    }
    changes.push(`People with addresses of ${domain} now sign in through "${trust.name}".`);
  }
  return undefined;
}

function leadsTo(url: string, { id, public_id }: IdentityProvider): boolean {
  return url.includes(id) || (public_id !== '' && url.includes(public_id));
}

async function ownDomain(api: IconikApi, budget: CallBudget): Promise<string | CallFailed> {
  const answer = await api.send(userCalls.current(), budget);
  return answer.outcome === 'ok' ? (answer.body.system_domain_id ?? '') : failedRead(answer);
}

async function mapGroups(
  { api, budget, facts }: Needs,
  { groupMappings }: Trust,
  changes: string[],
): Promise<Stopped | undefined> {
  const wanted = Object.entries(groupMappings);
  if (wanted.length === 0) return undefined;
  const all = await readAfter(api, trustCalls.mappings, ({ name }) => name, budget);
  if (all.outcome === 'unavailable') return all;
  const known = new Map(
    (all.outcome === 'all' ? all.entries : []).map(({ name, group_id }) => [name, group_id]),
  );
  for (const [name, group] of wanted) {
    const id = idOf(facts.groups, group);
    if (id === undefined) return refused(`there is no group "${group}" that "${name}" could mean`);
    const before = known.get(name);
    if (before === id) continue;
    if (before !== undefined) {
      const removed = await api.send(trustCalls.removeMapping(name), budget);
      if (removed.outcome !== 'ok' && removed.outcome !== 'missing') return stopped(removed, MAPPING);
    }
    const answer = await api.send(trustCalls.createMapping({ name, group_id: id }), budget);
    if (answer.outcome !== 'ok') return stopped(answer, MAPPING);
    changes.push(`The group name "${name}" of our assertions now means "${group}".`);
  }
  return undefined;
}

const MAPPING = 'iconik did not take a group mapping';

function refused(detail: string): Stopped {
  return { outcome: 'refused', detail };
}

function stopped(answer: NotOk, detail: string): Stopped {
  if (answer.outcome === 'unavailable') return answer;
  return refused(
    answer.outcome === 'invalid' ? `${detail} (${answer.status} ${answer.fields.join(', ')})` : detail,
  );
}
