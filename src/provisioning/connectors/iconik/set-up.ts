import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed, SetUp, SetUpAnswer } from '../../connector.ts';
import { failedRead, type NotOk } from './answers.ts';
import { type ProviderBody, trustCalls, userCalls } from './calls.ts';
import type { IconikTarget } from './config.ts';
import { type IconikFacts, idOf } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import { readAfter } from './paging.ts';
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

/** What iconik must check of our assertions; both signatures, and no weaker algorithm than ours. */
const STRICT = {
  want_assertions_signed: true,
  want_messages_signed: true,
  name_id_encrypted: false,
  signature_algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  digest_algorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
} as const;
/** What iconik reads out of metadata and we take over. */
const FROM_METADATA = ['idp_entity_id', 'idp_sso_post_url', 'idp_sls_redirect_url', 'idp_x509cert'] as const;

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
  return { ...known, answer: { outcome: 'done', changes } };
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
  const taken = FROM_METADATA.flatMap((key) => (read[key] === undefined ? [] : [[key, read[key]] as const]));
  const body: ProviderBody = {
    type: 'GENERIC',
    settings: { name: trust.name, ...Object.fromEntries(taken), ...STRICT },
    verbose_logging: trust.verboseLogging,
  };
  const different = known ? differences(known, body) : [];
  if (known && different.length === 0) return { outcome: 'done', value: known };
  const call = known ? trustCalls.change(known.id, body) : trustCalls.create(body);
  const answer = await api.send(call, budget);
  if (answer.outcome !== 'ok') return stopped(answer, 'iconik did not take our identity provider');
  changes.push(
    known
      ? `The identity provider "${trust.name}" was brought up to date: ${different.join(', ')}.`
      : `The identity provider "${trust.name}" was added.`,
  );
  return { outcome: 'done', value: answer.body };
}

function differences(known: IdentityProvider, { settings, verbose_logging, type }: ProviderBody): string[] {
  const names = Object.keys(settings).filter((key) => !isSame(known.settings[key], settings[key]));
  return [
    ...names,
    ...(known.verbose_logging === verbose_logging ? [] : ['verbose_logging']),
    ...(known.type === type ? [] : ['type']),
  ];
}

/** A certificate is the same with and without its armour and line breaks. */
function isSame(one: unknown, other: unknown): boolean {
  const plain = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace(/-----[A-Z ]+-----|\s/g, '') : value;
  return plain(one) === plain(other);
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
