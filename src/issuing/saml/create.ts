import type { Clock, Problem } from '../../base/index.ts';
import type { Tables } from '../../expressions/index.ts';
import type { AttributeType } from '../../model/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Registry } from '../../relying-parties/index.ts';
import type { Issuer, LoginRequests } from '../issuer.ts';
import { checkTrusts } from './check-trusts.ts';
import { createClaimEnvironment } from './claims.ts';
import { createIdentityProviderMetadata } from './idp-metadata.ts';
import type { IntakeNeeds } from './intake.ts';
import { createSamlLogout, type SamlLogout } from './logout.ts';
import type { MetadataCopies } from './metadata-copies.ts';
import type { SamlNames } from './names.ts';
import { createSamlParties } from './parties.ts';
import { createRequestStore } from './request-store.ts';
import { createSamlIssuer, createSamlRequests } from './saml-issuer.ts';

export type SamlNeeds = {
  readonly publicUrl: URL;
  readonly allowInsecureLoopback: boolean;
  readonly registry: Registry;
  /** Declared person attributes and tables, for expressions. */
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly tables: Tables;
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'issuingKeys' | 'sealer' | 'lookup'>;
  readonly names: SamlNames;
  readonly copies: MetadataCopies;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

/** Our identity provider role as a whole; one for all relying parties that speak SAML. */
export type SamlIdentityProvider = Disposable & {
  readonly entityId: string;
  readonly issuer: Issuer;
  readonly requests: LoginRequests;
  readonly logout: SamlLogout;
  /** What `samlRoutes` needs besides pages. */
  readonly intake: IntakeNeeds;
  readonly metadata: () => Promise<string>;
  /** Begins to read metadata in the background. */
  start(): void;
  /** Reads what is not read yet, and says what would keep people from entering. */
  check(): Promise<readonly Problem[]>;
};

export function createSamlIdentityProvider(needs: SamlNeeds): SamlIdentityProvider {
  const { publicUrl, registry, keys, keyValue, clock } = needs;
  const entityId = new URL('/saml/metadata', publicUrl).href;
  const ssoUrl = new URL('/saml/sso', publicUrl).href;
  const sloUrl = new URL('/saml/slo', publicUrl);
  const environment = createClaimEnvironment(needs.attributes, needs.tables);
  const parties = createSamlParties(registry, environment, needs);
  const requests = createRequestStore(keyValue, keys);
  const common = { entityId, keys, clock };
  return {
    entityId,
    issuer: createSamlIssuer({ ...common, parties, requests, names: needs.names }),
    requests: createSamlRequests(requests, common),
    logout: createSamlLogout({ ...common, sloUrl, parties, http: needs.http }),
    intake: { ...common, parties, requests, ssoUrl },
    metadata: createIdentityProviderMetadata({ entityId, sso: ssoUrl, slo: sloUrl.href }, common),
    start: () => parties.start(),
    check: () => checkTrusts(parties),
    [Symbol.dispose]: () => parties[Symbol.dispose](),
  };
}
