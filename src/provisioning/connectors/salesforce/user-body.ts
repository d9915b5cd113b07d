import type { AccountImage } from '../../connector/account-image.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { plainFields } from './user-fields.ts';

/** Fields of User for the API from those of an image that travel with the user; empty text empties a field. */
export function userBody(
  settings: SalesforceTarget,
  facts: OrgFacts,
  image: AccountImage,
): Record<string, string | boolean | null> {
  const body: Record<string, string | boolean | null> = {};
  for (const [field, apiName] of Object.entries(plainFields(settings))) {
    if (field in image) body[apiName] = String(image[field] ?? '') || null;
  }
  if ('active' in image) body['IsActive'] = image['active'] === 'yes';
  if ('profile' in image) body['ProfileId'] = facts.profiles[String(image['profile'])]?.id ?? null;
  if ('role' in image) body['UserRoleId'] = facts.roles[String(image['role'])] ?? null;
  return body;
}

/** The same for a user who does not exist yet: what is empty is left out. */
export function newUserBody(
  settings: SalesforceTarget,
  facts: OrgFacts,
  image: AccountImage,
): Record<string, string | boolean> {
  const filled = Object.entries(userBody(settings, facts, image)).filter(
    (entry): entry is [string, string | boolean] => entry[1] !== null,
  );
  return Object.fromEntries(filled);
}
