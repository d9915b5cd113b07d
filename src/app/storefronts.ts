import { earliest } from '../base/index.ts';
import { createStorefrontIssuer, type Issuer, type Storefront } from '../issuing/index.ts';
import type { Provisioning, StorefrontAccess, StorefrontTarget } from '../provisioning/index.ts';
import type { Registry } from '../relying-parties/index.ts';

/** Kinds of targets whose accounts are customers of a store, entered by the same login token (DESIGN §6). */
const STORES = ['bigcommerce-storefront', 'bigcommerce-b2b'];

/** Connects storefronts: what the registry holds and what provisioning measured becomes what issuing needs. */
export function connectStorefronts(registry: Registry, provisioning: Provisioning) {
  const storefrontOf = (id: string): Storefront | undefined => {
    const party = registry.relyingParty(id);
    const target = party?.target === undefined ? undefined : registry.target(party.target);
    if (!party || !target || !STORES.includes(target.kind)) return undefined;
    // Both were parsed by the schemas of their kind, which have these members alike.
    const { storeHash, login } = target.settings as Pick<StorefrontTarget, 'storeHash' | 'login'>;
    const { channelId } = party.access as Pick<StorefrontAccess, 'channelId'>;
    return {
      target: target.id,
      storeHash,
      login,
      channelId,
      url: provisioning.entryUrl(target.id, id),
      clockOffsetMs: provisioning.clockOffset(target.id)?.offsetMs ?? 0,
    };
  };
  const storefront = createStorefrontIssuer(storefrontOf);
  const issuer: Issuer = {
    accepts: storefront.accepts,
    async issue({ relyingParty, session, entitlement, account, to, now }) {
      // R3.1: of the session too, not of the access alone.
      const notAfter = earliest(session.ends, entitlement.ends);
      const { url, jti, expiresAt } = storefront.issue(relyingParty.id, {
        externalId: account?.externalId ?? '',
        ...(to !== undefined && { to }),
        ...(notAfter && { notAfter }),
        now,
      });
      return {
        artefact: 'login jwt',
        artefactId: jti,
        answer: { kind: 'redirect', location: url, carriesCredential: true },
        expires: expiresAt,
      };
    },
  };
  return { issuer, signOutUrlOf: storefront.signOutUrl };
}
