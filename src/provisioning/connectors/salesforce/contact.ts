import type { AccountImage } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed, WriteAnswer } from '../../connector.ts';
import { recordFailure, unavailable } from './failures.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { Created, IdPage } from './schema.ts';
import { quoted } from './soql.ts';

export type ContactAnswer =
  | { readonly outcome: 'contact'; readonly id?: string }
  | Exclude<WriteAnswer, { outcome: 'written' }>;

/**
 * The contact that a user from outside comes from: the one with the person's mail in the partner's account, else a new
 * one. In a transaction of its own, because users and contacts cannot be written in one. Safe to repeat: what an
 * earlier attempt made is found by its mail.
 */
export async function ensureContact(
  api: SalesforceApi,
  desired: AccountImage,
  budget: CallBudget,
): Promise<ContactAnswer> {
  const account = String(desired['partnerAccount'] ?? '');
  if (account === '') return { outcome: 'contact' };
  const mail = String(desired['mail'] ?? '');
  const where = `Email = ${quoted(mail)} AND Account.Name = ${quoted(account)}`;
  const contacts = await idsOf(api, `SELECT Id FROM Contact WHERE ${where} LIMIT 2`, budget);
  if (contacts.outcome !== 'ids') return contacts;
  const [known, ...others] = contacts.ids;
  if (others.length > 0)
    return blocked(`account ${account} has several contacts with the same mail; merge them`);
  if (known !== undefined) return { outcome: 'contact', id: known };
  const accounts = await idsOf(api, `SELECT Id FROM Account WHERE Name = ${quoted(account)} LIMIT 2`, budget);
  if (accounts.outcome !== 'ids') return accounts;
  const [AccountId, second] = accounts.ids;
  if (AccountId === undefined)
    return blocked(`there is no account ${account}; make it and enable it as partner`);
  if (second !== undefined)
    return blocked(`there are several accounts ${account}; give them different names`);
  return makeContact(api, { AccountId, ...namesOf(desired), Email: mail }, budget);
}

function namesOf(desired: AccountImage): Readonly<Record<string, string>> {
  const FirstName = String(desired['firstName'] ?? '');
  return { LastName: String(desired['lastName'] ?? ''), ...(FirstName !== '' && { FirstName }) };
}

async function makeContact(
  api: SalesforceApi,
  body: Readonly<Record<string, string>>,
  budget: CallBudget,
): Promise<ContactAnswer> {
  const request = { id: 'contact', method: 'POST', path: '/sobjects/Contact', body } as const;
  const answer = await api.composite([request], { allOrNone: true, writes: true }, budget);
  // The user itself was not made: whoever comes next looks for the contact first.
  if (answer.outcome === 'unavailable') return { ...answer, maybeApplied: false };
  const result = answer.results.get('contact');
  if (result?.outcome === 'error') {
    const [error] = result.errors;
    return error ? recordFailure(error) : unavailable('provisioning.bad_answer');
  }
  const made = Created.safeParse(result?.body);
  return made.success ? { outcome: 'contact', id: made.data.id } : unavailable('provisioning.bad_answer');
}

async function idsOf(
  api: SalesforceApi,
  soql: string,
  budget: CallBudget,
): Promise<{ readonly outcome: 'ids'; readonly ids: readonly string[] } | CallFailed> {
  const answer = await api.page({ soql }, IdPage, budget);
  if (answer.outcome === 'unavailable') return answer;
  // The object is hidden from the integration, or the organization has no such accounts at all.
  if (answer.outcome === 'error') return unavailable('provisioning.forbidden');
  return { outcome: 'ids', ids: answer.body.records.map(({ Id }) => Id) };
}

function blocked(reason: string): ContactAnswer {
  return { outcome: 'blocked', reasons: [reason] };
}
