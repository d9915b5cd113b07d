import type { Environment } from '../../expressions/index.ts';
import type { Registry, RelyingParty } from '../../relying-parties/index.ts';
import { createClaims } from './claims.ts';
import type { SamlSettings } from './config.ts';
import { SamlIssuingError } from './errors.ts';
import { samlSettingsOf } from './kinds.ts';
import type { ServiceProvider } from './service-provider.ts';
import { createTrust, type Trust, type TrustNeeds } from './trust.ts';

/** A relying party that is entered with SAML, ready for use. */
export type SamlParty = {
  readonly relyingParty: RelyingParty;
  readonly settings: SamlSettings;
  readonly trust: Trust;
  readonly claimsOf: ReturnType<typeof createClaims>;
};

/** All relying parties of the registry that speak SAML. Looked up at each request, so that changes count at once. */
export interface SamlParties extends Disposable {
  of(relyingParty: string): SamlParty | undefined;
  /**
   * The one with this entity id.
   *
   * @throws SamlIssuingError `issuing.saml_ambiguous_party` when several show it in their metadata: none can be told
   *   from the other. Unavailable when nobody shows it, and the metadata of one that might cannot be read.
   */
  byEntityId(entityId: string): Promise<SamlParty | undefined>;
  /**
   * Does this one show a name that belongs to another, or that another one shows too? Metadata is written by others,
   * and an assertion for a borrowed name would open what the name stands for. A configured name is nobody else's; what
   * was registered over the API takes no name from an application of the file, however the file learns it.
   */
  isBorrowed(party: SamlParty, entityId: string): Promise<boolean>;
  list(): readonly SamlParty[];
  /** Begins to read metadata in the background. */
  start(): void;
}

export function createSamlParties(
  registry: Registry,
  environment: Environment,
  needs: TrustNeeds,
): SamlParties {
  const prepared = new Map<RelyingParty, SamlParty>();
  let started = false;

  /** Registry objects are never changed in place: another object is another configuration. */
  const prepare = (relyingParty: RelyingParty): SamlParty | undefined => {
    const known = prepared.get(relyingParty);
    if (known) return known;
    const settings = samlSettingsOf(relyingParty);
    if (!settings) return undefined;
    const trust = createTrust(relyingParty.id, settings, needs);
    const party = { relyingParty, settings, trust, claimsOf: createClaims(settings, environment) };
    for (const [former, { trust: old }] of prepared) {
      if (former.id !== relyingParty.id) continue;
      old[Symbol.dispose]();
      prepared.delete(former);
    }
    prepared.set(relyingParty, party);
    if (started) trust.start();
    return party;
  };
  const list = (): SamlParty[] => registry.relyingParties().flatMap((party) => prepare(party) ?? []);

  /** Metadata of the file may not be read yet, as after each change over the API: then it is waited for. */
  const isTaken = async ({ relyingParty }: SamlParty, entityId: string): Promise<boolean> => {
    if (relyingParty.origin !== 'api') return false;
    const ofFile = list().filter((each) => each.relyingParty.origin !== 'api');
    const providers = await Promise.all(ofFile.map(({ trust }) => trust.get().catch(() => trust.known())));
    return providers.some((provider) => isEntity(provider, entityId));
  };

  return {
    of(id) {
      const relyingParty = registry.relyingParty(id);
      return relyingParty && prepare(relyingParty);
    },
    async byEntityId(entityId) {
      if (entityId === '') return undefined;
      const parties = list();
      const configured = parties.find(({ settings }) => settings.entityId === entityId);
      if (configured && !(await isTaken(configured, entityId))) return configured;
      const unnamed = parties.filter(({ settings }) => settings.entityId === undefined);
      const read = await Promise.allSettled(unnamed.map(({ trust }) => trust.get()));
      const matches = unnamed.filter((_party, index) => {
        const answer = read[index];
        return answer?.status === 'fulfilled' && isEntity(answer.value, entityId);
      });
      const ofFile = matches.filter(({ relyingParty }) => relyingParty.origin !== 'api');
      const [match, ...others] = ofFile.length > 0 ? ofFile : matches;
      if (match && others.length === 0) return match;
      if (match) throw ambiguous(matches);
      const unread = read.find((answer) => answer.status === 'rejected');
      if (unread) throw unread.reason;
      return undefined;
    },
    async isBorrowed(party, entityId) {
      const isShown =
        party.settings.entityId === undefined &&
        list().some(
          (other) =>
            other.relyingParty.id !== party.relyingParty.id &&
            (other.relyingParty.origin !== 'api' || party.relyingParty.origin === 'api') &&
            (other.settings.entityId ?? other.trust.known()?.entityId) === entityId,
        );
      return isShown || isTaken(party, entityId);
    },
    list,
    start() {
      started = true;
      for (const { trust } of list()) trust.start();
    },
    [Symbol.dispose]() {
      for (const { trust } of prepared.values()) trust[Symbol.dispose]();
    },
  };
}

function ambiguous(parties: readonly SamlParty[]): SamlIssuingError {
  const names = parties.map(({ relyingParty }) => relyingParty.id).join(', ');
  return new SamlIssuingError('issuing.saml_ambiguous_party', `one entity id in the metadata of ${names}`);
}

function isEntity(provider: ServiceProvider | undefined, entityId: string): boolean {
  return provider?.entityId === entityId;
}
