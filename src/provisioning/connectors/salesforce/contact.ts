import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import { isDuplicate, recordFailure, unavailable } from './failures.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { type ApiError, ContactPage, type ContactRecord, Created, IdPage } from './schema.ts';
import { quoted } from './soql.ts';

type Needs = { readonly api: SalesforceApi; readonly settings: SalesforceTarget };
type Refusal = Exclude<WriteAnswer, { outcome: 'written' }>;
export type ContactAnswer = { readonly outcome: 'contact'; readonly id?: string } | Refusal;

/** Another process makes the same contact at this moment. */
const RACE_RETRY_SECONDS = 2;

/**
 * The contact that a user from outside comes from: the one that carries the person's id, else a new one. A mail address
 * makes no contact theirs (R1.3). In a transaction of its own, because users and contacts cannot be written in one. Safe
 * to repeat: what an earlier attempt made is found by the id.
 */
export async function ensureContact(
  needs: Needs,
  desired: AccountImage,
  budget: CallBudget,
): Promise<ContactAnswer> {
  const account = String(desired['partnerAccount'] ?? '');
  if (account === '') return { outcome: 'contact' };
  const person = String(desired['federationId'] ?? '');
  // An empty condition would fit every contact of somebody else.
  if (person === '') throw new TypeError('a person without an id has no contact');
  const own = await findContacts(needs, `${needs.settings.contacts.field} = ${quoted(person)}`, budget);
  if (own.outcome !== 'contacts') return own;
  const [mine, ...others] = own.contacts;
  if (others.length > 0) {
    return blocked(`several contacts carry the id ${person} in ${needs.settings.contacts.field}; merge them`);
  }
  if (mine) return ownContact(mine, account);
  return (await strangersInTheWay(needs, desired, account, budget)) ?? newContact(needs, desired, budget);
}

function ownContact({ Id, Account }: ContactRecord, account: string): ContactAnswer {
  if (Account?.Name === account) return { outcome: 'contact', id: Id };
  return blocked(`contact ${Id} of the person is not in the account ${account}; move it there`);
}

/** Whether a contact with the same mail address is this person is for people to say: by writing the id into it. */
async function strangersInTheWay(
  needs: Needs,
  desired: AccountImage,
  account: string,
  budget: CallBudget,
): Promise<Refusal | undefined> {
  const { field, onExisting } = needs.settings.contacts;
  if (onExisting === 'make') return undefined;
  const mail = quoted(String(desired['mail'] ?? ''));
  const where = `Email = ${mail} AND Account.Name = ${quoted(account)}`;
  const found = await findContacts(needs, where, budget);
  if (found.outcome !== 'contacts') return found;
  if (found.contacts.length === 0) return undefined;
  const ids = found.contacts.map(({ Id }) => Id).join(', ');
  return blocked(
    `contact ${ids} of the account ${account} has the same mail address: if it is this person, write ${String(desired['federationId'])} into its field ${field}; if not, change its mail address, or let contacts.onExisting make a new one beside it`,
  );
}

async function newContact(
  { api, settings }: Needs,
  desired: AccountImage,
  budget: CallBudget,
): Promise<ContactAnswer> {
  const account = String(desired['partnerAccount']);
  const soql = `SELECT Id FROM Account WHERE Name = ${quoted(account)} LIMIT 2`;
  const found = await api.page({ soql }, IdPage, budget);
  if (found.outcome === 'unavailable') return found;
  if (found.outcome === 'error') return unavailable('provisioning.forbidden');
  const [partner, second] = found.body.records;
  if (!partner) return blocked(`there is no account ${account}; make it and enable it as partner`);
  if (second) return blocked(`there are several accounts ${account}; give them different names`);
  const FirstName = String(desired['firstName'] ?? '');
  const body = {
    ...{ AccountId: partner.Id, LastName: String(desired['lastName'] ?? ''), Email: desired['mail'] },
    ...(FirstName !== '' && { FirstName }),
    [settings.contacts.field]: desired['federationId'],
  };
  return makeContact(api, body, budget);
}

async function makeContact(
  api: SalesforceApi,
  body: Readonly<Record<string, unknown>>,
  budget: CallBudget,
): Promise<ContactAnswer> {
  const request = { id: 'contact', method: 'POST', path: '/sobjects/Contact', body } as const;
  const answer = await api.composite([request], { allOrNone: true, writes: true }, budget);
  // The user itself was not made: whoever comes next looks for the contact first.
  if (answer.outcome === 'unavailable') return { ...answer, maybeApplied: false };
  const result = answer.results.get('contact');
  if (result?.outcome === 'error') {
    const [error] = result.errors;
    return error ? contactFailure(error) : unavailable('provisioning.bad_answer');
  }
  const made = Created.safeParse(result?.body);
  return made.success ? { outcome: 'contact', id: made.data.id } : unavailable('provisioning.bad_answer');
}

/** A duplicate here is one of contacts and says nothing about users. */
function contactFailure(error: ApiError): Refusal {
  if (isDuplicate(error)) return unavailable('provisioning.busy', false, RACE_RETRY_SECONDS);
  if (error.errorCode === 'DUPLICATES_DETECTED') {
    return blocked(
      'a duplicate rule lets no further contact with these values be made: let the integration pass the rule, or write the id of the person into the contact that is there',
    );
  }
  return recordFailure(error);
}

type Found = { readonly outcome: 'contacts'; readonly contacts: readonly ContactRecord[] };

async function findContacts(
  { api, settings }: Needs,
  where: string,
  budget: CallBudget,
): Promise<Found | CallFailed | Extract<Refusal, { outcome: 'blocked' }>> {
  const soql = `SELECT Id, Account.Name FROM Contact WHERE ${where} LIMIT 5`;
  const answer = await api.page({ soql }, ContactPage, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'ok') return { outcome: 'contacts', contacts: answer.body.records };
  // The object is hidden from the integration, or the organization has no such accounts at all.
  if (answer.errors[0]?.errorCode !== 'INVALID_FIELD') return unavailable('provisioning.forbidden');
  return blocked(missingField(settings));
}

export function missingField({ contacts: { field } }: SalesforceTarget): string {
  return `Contact has no field ${field} that the integration may write: make it there (text of 40, unique, external id) and let the integration see it`;
}

function blocked(reason: string): Extract<Refusal, { outcome: 'blocked' }> {
  return { outcome: 'blocked', reasons: [reason] };
}
