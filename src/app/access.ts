import type { Clock } from '../base/index.ts';
import type { Directory } from '../directory/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Access, AccessAnswer } from '../issuing/index.ts';
import { signedInBy } from '../login/index.ts';
import type { Reconcile } from '../reconcile/index.ts';
import type { Sessions } from '../session/index.ts';

type AccessNeeds = {
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly reconcile: Reconcile;
  readonly upstreams: Pick<Upstreams, 'get'>;
  readonly clock: Clock;
  readonly claimsMaxAgeMs: (connection: string) => number;
};

/** Connects the question behind every use of a token: session, directory and rules are asked anew (DESIGN §1.3). */
export function connectAccess(needs: AccessNeeds): Access {
  const { sessions, directory, reconcile, upstreams, clock } = needs;
  return {
    async decide({ personId, sessionId, relyingParty, asked }) {
      const session = await sessions.byId(sessionId);
      // Whoever removes a connection does not trust it any more, nor what it vouched for.
      if (!session || session.personId !== personId || !upstreams.get(session.connection)) {
        return deny('login.session_over', 'The session behind this is over; the person must sign in again.');
      }
      const signedIn = await signedInBy(session, directory);
      if (!signedIn) {
        return deny('policy.person_disabled', 'The access of this person has been switched off.');
      }
      const ageMs = clock.now().getTime() - session.confirmedAt.getTime();
      // R4.6: a refresh shows no sign-in page that could confirm the facts again.
      if (asked === 'refresh' && ageMs >= needs.claimsMaxAgeMs(session.connection)) {
        return deny(
          'login.facts_too_old',
          'What the directory said is too old; the person must sign in again.',
        );
      }
      const { person, identity } = signedIn;
      const decision = reconcile.decide({ person, identity }, relyingParty, clock.now());
      if (decision.outcome === 'deny') return deny(decision.code, decision.reason.text);
      const { entitlement } = decision;
      const domain = person.mail?.slice(person.mail.lastIndexOf('@') + 1).toLowerCase();
      const trusted = reconcile.trustedMailDomainsOf(person, identity.connection);
      const isMailVouched = domain !== undefined && trusted.includes(domain);
      return { outcome: 'allow', person, session, identity, entitlement, isMailVouched };
    },
  };
}

function deny(code: string, reason: string): AccessAnswer {
  return { outcome: 'deny', code, reason };
}
