import { goesByMail, isPkceOptional } from '../issuing/index.ts';
import type { Configuration } from './config.ts';

/** What works and may surprise; each a sentence that says what to do. */
export function warningsOf(configuration: Configuration): readonly string[] {
  return [
    ...sharedAddresses(configuration),
    ...unverifiedAddresses(configuration),
    ...withoutPkce(configuration),
  ];
}

function unverifiedAddresses({ connections }: Configuration): readonly string[] {
  return connections.flatMap((connection) =>
    'ignoreEmailVerified' in connection && connection.ignoreEmailVerified
      ? [
          `${connection.id} is believed about addresses in ${connection.trustedMailDomains.join(', ')} that it calls unverified: ` +
            'whoever can write their own mail address there counts as the one whom it names. ' +
            'Make sure that nobody can, or remove ignoreEmailVerified.',
        ]
      : [],
  );
}

function sharedAddresses({ connections, relyingParties }: Configuration): readonly string[] {
  const byMail = relyingParties.filter(goesByMail).map(({ id }) => id);
  const isAnyTrusted = connections.some(({ trustedMailDomains }) => trustedMailDomains.length > 0);
  if (connections.length < 2 || isAnyTrusted || byMail.length === 0) return [];
  return [
    `people come through ${connections.length} connections, and ${byMail.join(', ')} ` +
      `${byMail.length === 1 ? 'knows' : 'know'} them by their mail address: whoever comes first with an address bears it there. ` +
      'Say in trustedMailDomains which connection gives out the addresses of a domain, or let nameId be person.id.',
  ];
}

function withoutPkce({ relyingParties }: Configuration): readonly string[] {
  const ids = relyingParties.filter(isPkceOptional).map(({ id }) => id);
  if (ids.length === 0) return [];
  return [
    `${ids.join(', ')} may sign people in without PKCE: only a nonce that the application compares with the one of the ID token ` +
      'then keeps a stolen code from being used. Remove pkce once its library sends code_challenge.',
  ];
}
