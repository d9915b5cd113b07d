import { accountEvents } from './catalogue/accounts.ts';
import { operationsEvents } from './catalogue/operations.ts';
import { peopleEvents } from './catalogue/people.ts';
import { signInEvents } from './catalogue/sign-in.ts';

/**
 * The catalogue: one helper for each type of event, so that every event of a type carries the same facts. Each
 * answers what an auditor asks: who, which store, when, why, by which login, with which artefact and result.
 *
 * What goes into `facts` stands in clear for ever; what tells something about a person goes into `personal`,
 * is sealed under that person's key, and is gone when the person is erased.
 */
export const accessEvents = { ...signInEvents, ...accountEvents, ...peopleEvents, ...operationsEvents };

/** Every type that the product writes, for filters and documentation. */
export const EVENT_TYPES: readonly string[] = Object.values(accessEvents)
  .map(({ type }) => type)
  .sort();
