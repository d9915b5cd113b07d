import { addMs, type Json } from '../../../base/index.ts';
import type { Person } from '../../../model/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { Access, Desired, DetailProblem } from '../../connector/connector.ts';
import { personValue, tidy } from '../../connector/person-values.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { type Meaning, meaningOf, type Party } from './role-meaning.ts';
import { withoutReference } from './soql.ts';
import { apiNameOf, mappedField, REGIONAL } from './user-fields.ts';
import { aliasFor, usernameFor } from './username.ts';

const LONGEST_MAIL = 128;
const LONGEST_FIRST_NAME = 40;
const LONGEST_LAST_NAME = 80;
const MAIL = /^[^\s@<>()[\]",;:\\]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

type Needs = {
  readonly settings: SalesforceTarget;
  readonly parties: readonly Party[];
  readonly facts: OrgFacts;
};
type Refusal = Extract<Desired, { outcome: 'refused' }>;

/** What the user of this person should look like. Whatever Salesforce would refuse is found here (S39). */
export function desiredUser(needs: Needs, person: Person, accesses: readonly Access[]): Desired {
  const meaning = meaningOf(needs.parties, accesses, needs.facts);
  if (meaning.outcome === 'refused') return meaning;
  if (needs.settings.protectedProfiles.includes(meaning.profile)) {
    return refused('provisioning.role_unmapped', `profile ${meaning.profile} is protected and is not given`);
  }
  const refusal = outsideProblem(needs.settings, person, meaning);
  if (refusal) return refusal;
  const basics = basicsOf(needs.settings, person);
  if (basics.outcome === 'refused') return basics;
  const problems: DetailProblem[] = [];
  const image: AccountImage = {
    ...{ federationId: person.id, active: 'yes', signIn: 'allowed' },
    ...{ profile: meaning.profile, role: meaning.role, ...meaning.sets },
    ...(meaning.partnerAccount !== '' && { partnerAccount: meaning.partnerAccount }),
    expiry: expiryOf(meaning, needs.settings.expiryGrace),
    ...basics.image,
    ...regionalOf(needs, person, problems),
    ...mappedOf(needs, person, problems),
    ...managerOf(needs.settings, person),
  };
  return { outcome: 'desired', image, problems };
}

/** Somebody must answer for people from outside (S46). */
function outsideProblem(settings: SalesforceTarget, person: Person, meaning: Meaning): Refusal | undefined {
  if (!meaning.isExternal || settings.sponsor === undefined) return undefined;
  if (personValue(person, settings.sponsor) !== '') return undefined;
  return refused('provisioning.detail_invalid', `a person from outside has no value in ${settings.sponsor}`);
}

type Basics = { readonly outcome: 'basics'; readonly image: AccountImage };

function basicsOf(settings: SalesforceTarget, person: Person): Basics | Refusal {
  const mail = tidy(person.mail);
  if (mail === '') return refused('provisioning.mail_missing', 'the person has no mail address');
  if (mail.length > LONGEST_MAIL || !MAIL.test(mail)) {
    return refused('provisioning.mail_invalid', 'Salesforce takes no such mail address');
  }
  const lastName = text(person.familyName) || text(person.displayName).split(' ').at(-1) || '';
  if (lastName === '') return refused('provisioning.detail_invalid', 'the person has no family name');
  const username = usernameFor(settings.username, person);
  if (username === undefined) {
    return refused('provisioning.detail_invalid', 'the template gives this person no valid username');
  }
  const firstName = text(person.givenName).slice(0, LONGEST_FIRST_NAME);
  const names = { firstName, lastName: lastName.slice(0, LONGEST_LAST_NAME) };
  return {
    outcome: 'basics',
    image: { mail, username, ...names, alias: aliasFor(firstName, lastName) },
  };
}

function refused(code: Refusal['code'], detail: string): Refusal {
  return { outcome: 'refused', code, detail };
}

function text(value: string | undefined): string {
  return withoutReference(tidy(value));
}

/** In whole seconds, as Salesforce keeps them. */
function expiryOf({ ends }: Meaning, graceMs: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ends).map(([member, end]) => {
      const at = addMs(end, graceMs);
      at.setUTCMilliseconds(0);
      return [member, at.toISOString()];
    }),
  );
}

/** A value that the organization has not switched on falls back to the default, for Salesforce needs one. */
function regionalOf({ settings, facts }: Needs, person: Person, problems: DetailProblem[]): AccountImage {
  const image: Record<string, Json> = {};
  for (const name of REGIONAL) {
    const { default: fallback, from } = settings.regional[name];
    const own = from === undefined ? '' : personValue(person, from);
    const allowed = facts.fields[apiNameOf(name)]?.values;
    const isKnown = own === '' || !allowed || allowed.includes(own);
    if (!isKnown) {
      problems.push({
        field: name,
        message: 'not among the values of this organization; the default is used',
      });
    }
    image[name] = isKnown && own !== '' ? own : fallback;
  }
  return image;
}

/** Mapped fields follow the directory even when it has no value any more: then they are emptied. */
function mappedOf({ settings, facts }: Needs, person: Person, problems: DetailProblem[]): AccountImage {
  const image: Record<string, Json> = {};
  for (const [apiName, source] of Object.entries(settings.fields)) {
    const field = mappedField(apiName);
    const known = facts.fields[apiName];
    // A field that the organization does not have is a problem of the configuration, told by `prepare`.
    if (!known && Object.keys(facts.fields).length > 0) continue;
    if (known && !known.writable) continue;
    const value = withoutReference(personValue(person, source));
    if (known && known.length > 0 && value.length > known.length) {
      problems.push({ field, message: `longer than the ${known.length} characters that Salesforce keeps` });
    } else if (known?.values && value !== '' && !known.values.includes(value)) {
      problems.push({ field, message: 'not among the values of this organization' });
    } else image[field] = value;
  }
  return image;
}

function managerOf({ manager }: SalesforceTarget, person: Person): AccountImage {
  if (manager === undefined) return {};
  const value = personValue(person, manager).toLowerCase();
  // Nobody is their own manager: the top of a hierarchy often stands so in a directory.
  const isSelf = value === person.id || value === tidy(person.mail).toLowerCase();
  return { manager: isSelf ? '' : value };
}
