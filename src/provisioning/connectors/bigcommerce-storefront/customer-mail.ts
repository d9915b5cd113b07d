import type { Person } from '../../../model/index.ts';
import { tidy } from '../../connector/person-values.ts';

/**
 * A mail address that can be sent as a filter and an address: one `@`, no separators, at most 250 characters.
 *
 * @returns undefined when it is not.
 */
export function customerMail(person: Person): string | undefined {
  const mail = tidy(person.mail);
  return mail.length <= 250 && /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(mail) ? mail : undefined;
}
