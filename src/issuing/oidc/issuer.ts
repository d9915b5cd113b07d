import { addMs, MINUTE, randomText } from '../../base/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { satisfies } from '../authn-context.ts';
import { isStorePath } from '../bigcommerce-login/index.ts';
import type { Issued, Issuer, SignOn } from '../issuer.ts';
import { contextNotMet, noStartPage } from './errors.ts';
import { oidcPartyOf } from './parties.ts';
import { requestIdOf, type WaitingRequests } from './requests.ts';
import { sidOf } from './session-names.ts';

/** How applications of kind `oidc` are entered: an answered request, or a link that makes them ask. */
export function createOidcIssuer(deps: {
  readonly issuer: string;
  readonly requests: WaitingRequests;
  readonly keys: Pick<Keys, 'lookup'>;
}): Issuer {
  return {
    accepts: (to, relyingParty) => isStorePath(to) && startOf(relyingParty) !== undefined,
    async issue(signOn) {
      const { request, relyingParty, session, person } = signOn;
      if (!request) return link(signOn, deps.issuer);
      if (request.context?.essential && !satisfies(session.authnContext, request.context))
        throw contextNotMet();
      const { answer, expires } = await deps.requests.vouch({ ...signOn, request });
      return {
        artefact: 'code',
        artefactId: requestIdOf(request.handle, deps.keys),
        answer,
        expires,
        party: { handle: sidOf(deps.keys, session.id, relyingParty.id), subject: person.id, details: {} },
      };
    },
  };
}

/** OpenID Connect Core 4: the application begins, so that the answer meets a request of its own. */
function link({ relyingParty, to, now }: SignOn, issuer: string): Issued {
  const start = startOf(relyingParty);
  if (!start) throw noStartPage(relyingParty.id);
  const location = new URL(start.url);
  const target = to === undefined ? undefined : new URL(to, location);
  if (start.initiates) {
    location.searchParams.set('iss', issuer);
    if (target) location.searchParams.set('target_link_uri', target.href);
  }
  return {
    artefact: 'link',
    artefactId: randomText(),
    answer: {
      kind: 'redirect',
      location: start.initiates ? location : (target ?? location),
      carriesCredential: false,
    },
    expires: addMs(now, MINUTE),
  };
}

function startOf(
  relyingParty: RelyingParty,
): { readonly url: string; readonly initiates: boolean } | undefined {
  const { initiateLoginUri, startUrl } = oidcPartyOf(relyingParty)?.access ?? {};
  if (initiateLoginUri !== undefined) return { url: initiateLoginUri, initiates: true };
  return startUrl === undefined ? undefined : { url: startUrl, initiates: false };
}
