import type { AccountImage } from '../../connector/account-image.ts';
import type { ListedAccount, ReadAccount, ReadAnswer, Refs } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { IconikTarget } from './config.ts';
import { type IconikFacts, idOf } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import { marksOf } from './marks.ts';
import { textOf } from './membership.ts';
import { projectsOf, readProjects, rememberedProjects } from './projects.ts';
import type { NamedByRoles } from './roles.ts';
import type { User } from './schema.ts';
import { imageOf, isAdministrator } from './user-image.ts';
import { looksInvited } from './write-user.ts';

/** What every operation on users leans on. */
export type DomainNeeds = {
  readonly api: IconikApi;
  readonly settings: IconikTarget;
  readonly named: NamedByRoles;
  readonly facts: IconikFacts;
};

/** A user in the engine's terms, with the marks that stand in its metadata. */
export function accountOf(facts: IconikFacts, user: User, desired: AccountImage, refs: Refs): ReadAccount {
  const { marker } = marksOf(user.metadata);
  return {
    externalId: user.id,
    image: imageOf(user, facts, desired),
    refs,
    ...(marker !== undefined && { marker }),
    ...whoseId(user, textOf(desired, 'person')),
  };
}

/** Whose id it carries, where somebody is looked for: whoever may edit metadata may write it, so it proves nothing. */
function whoseId(user: User, wanted: string): Pick<ReadAccount, 'ours' | 'theirs'> {
  const { person = '' } = marksOf(user.metadata);
  if (person === '' || wanted === '') return {};
  return person === wanted ? { ours: true } : { theirs: true };
}

/**
 * Users with what they were given in projects, where the desired image says anything about those.
 *
 * @param refs of the account that is linked; undefined for candidates.
 */
export async function readAccounts(
  needs: DomainNeeds,
  users: readonly User[],
  desired: AccountImage,
  refs: Refs | undefined,
  budget: CallBudget,
): Promise<ReadAnswer> {
  const accounts: ReadAccount[] = [];
  for (const user of users.filter(isThere)) {
    const account = accountOf(needs.facts, user, desired, refsOf(user, refs));
    if (!('projects' in desired)) {
      accounts.push(account);
      continue;
    }
    const collections = projectsToRead(needs, desired, refs ?? {}, budget);
    const read = await readProjects(needs, user.id, collections, desired, budget);
    if (read.outcome === 'unavailable') return read;
    accounts.push({ ...account, image: { ...account.image, projects: read.members } });
  }
  return { outcome: 'read', accounts };
}

/** Accounts whose creation was answered remember whether they wait for an invitation; of others the dates tell. */
function refsOf(user: User, refs: Refs | undefined): Refs {
  const waits = refs ? refs['invited'] === 'yes' : looksInvited(user);
  return { ...refs, invited: waits && user.status === 'INACTIVE' ? 'yes' : '' };
}

/** In a sign-in only what is wanted or was given; other times all projects, should a reply have been lost. */
function projectsToRead(
  { facts, named }: DomainNeeds,
  desired: AccountImage,
  refs: Refs,
  { lane }: CallBudget,
): readonly string[] {
  const declared = named.personalProjects.map(({ collection }) => collection);
  const all = lane === 'background' ? declared.flatMap((name) => idOf(facts.collections, name) ?? []) : [];
  return [...projectsOf(desired, facts).keys(), ...rememberedProjects(refs['projects']), ...all];
}

export function listedAccount(needs: DomainNeeds, user: User): ListedAccount {
  const lastSignIn = user.last_web_login ?? user.last_successful_auth;
  const { person } = marksOf(user.metadata);
  return {
    ...accountOf(needs.facts, user, {}, {}),
    ...(person !== undefined && person !== '' && { subject: person }),
    isActive: user.status === 'ACTIVE',
    ...(lastSignIn && { lastSignIn }),
    ...(isUntouchable(needs, user) && { untouchable: true }),
  };
}

/** Never ourselves, and administrators only where the configuration says so. */
export function isUntouchable({ settings, facts }: DomainNeeds, user: User): boolean {
  const isLeftAlone = settings.administrators === 'untouchable' && isAdministrator(user);
  return user.id === facts.ownUser || isLeftAlone;
}

/** A record may outlive its deletion. */
export function isThere({ status }: User): boolean {
  return status !== 'DELETED';
}
