import type { AccountImage } from '../../connector/account-image.ts';
import type { UserRecord } from './schema.ts';
import { quoted } from './soql.ts';

/**
 * Which users a person's account may be among: the one that carries their Federation ID (R1.4), and those whose mail
 * or username nominates them (R1.3). Somebody else's username is a collision and no candidate: who has another
 * Federation ID and another mail address is another person.
 */
export function nominationsFor(desired: AccountImage): {
  readonly where: string;
  readonly isCandidate: (user: UserRecord) => boolean;
} {
  const [federationId, mail, username] = ['federationId', 'mail', 'username'].map((field) =>
    String(desired[field] ?? '').toLowerCase(),
  );
  const conditions = [
    ['FederationIdentifier', federationId],
    ['Email', mail],
    ['Username', username],
  ].flatMap(([field, value]) => (value ? [`${field} = ${quoted(value)}`] : []));
  const same = (value: string | null | undefined, wanted: string | undefined): boolean =>
    value !== undefined && value !== null && value !== '' && value.toLowerCase() === wanted;
  return {
    where: conditions.length > 0 ? conditions.join(' OR ') : 'Id = null',
    isCandidate: ({ FederationIdentifier, Email, Username }) => {
      if (same(FederationIdentifier, federationId) || same(Email, mail)) return true;
      return same(Username, username) && !FederationIdentifier;
    },
  };
}
