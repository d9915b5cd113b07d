import { goesByMail } from '../issuing/index.ts';
import type { Configuration } from './config.ts';

/** What works and may surprise; each a sentence that says what to do. */
export function warningsOf({ connections, relyingParties }: Configuration): readonly string[] {
  const byMail = relyingParties.filter(goesByMail).map(({ id }) => id);
  const isAnyTrusted = connections.some(({ trustedMailDomains }) => trustedMailDomains.length > 0);
  if (connections.length < 2 || isAnyTrusted || byMail.length === 0) return [];
  return [
    `people come through ${connections.length} connections, and ${byMail.join(', ')} ` +
      `${byMail.length === 1 ? 'knows' : 'know'} them by their mail address: whoever comes first with an address bears it there. ` +
      'Say in trustedMailDomains which connection gives out the addresses of a domain, or let nameId be person.id.',
  ];
}
