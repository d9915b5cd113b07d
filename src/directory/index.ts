/**
 * directory: people and their identities.
 *
 * Owns who is who (R1): the match from a verified upstream identity to a person, the person's state and what is
 * known about them, sealed at rest. Answers with a value when a sign-in must be refused; never links by mail or
 * login name, never merges claims of two people.
 *
 *   Identity (verified by federation) ──▶ known subject ──▶ its person
 *                                     ├─▶ login or mail known with another subject ──▶ refused, task raised
 *                                     ├─▶ shared stable attribute known ──▶ that person, new identity; refused with a
 *                                     │     task if that person has another subject at this connection already
 *                                     └─▶ nobody knows it ──▶ new person, or refused, as the connection says
 */

export type { DirectoryEvents } from './directory.ts';
export {
  type ConnectionRules,
  createDirectory,
  type Directory,
  type SignInMatch,
} from './directory.ts';
export type { KnownPerson, KnownView } from './known-people.ts';
export { migrations } from './migrations.ts';
export { type AttributeTypes, type GroupNames, personOf } from './person-of.ts';
export type { LastingFacts } from './sealed-facts.ts';
export type { DirectoryTask } from './tasks.ts';
