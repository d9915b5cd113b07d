import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  randomBytes,
} from 'node:crypto';
import {
  createSamlIdentityProvider,
  type SamlIdentityProvider,
  type SignOn,
  samlKinds,
} from '../../src/issuing/index.ts';
import type { MetadataCopies, MetadataCopy } from '../../src/issuing/saml/metadata-copies.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { type KeyValueStore, openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import type { IssuingKey } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, type SigningKey } from '../support/saml-idp.ts';

export const PUBLIC_URL = 'https://sso.example';
export const IDP = `${PUBLIC_URL}/saml/metadata`;
export const SSO_URL = `${PUBLIC_URL}/saml/sso`;
export const SP = 'https://wiki.example/sp';
export const ACS = 'https://wiki.example/acs';

const made = Promise.all([makeSigningKey(), makeSigningKey(), makeSigningKey()]);

export type IdpWorld = AsyncDisposable & {
  readonly clock: ManualClock;
  readonly keyValue: KeyValueStore;
  readonly idp: SamlIdentityProvider;
  readonly idpKey: SigningKey;
  readonly nextKey: SigningKey;
  /** Key pair of the service provider. */
  readonly spKey: SigningKey;
  /** The same broker in another process: same stores, nothing else shared. */
  another(): SamlIdentityProvider;
  party(id?: string): RelyingParty;
};

/** An identity provider with relying parties of these kinds and settings; `wiki` by default. */
export async function openIdpWorld(
  parties: (spKey: SigningKey) => readonly object[] = (spKey) => [wiki(spKey)],
): Promise<IdpWorld> {
  const [idpKey, nextKey, spKey] = await made;
  const clock = new ManualClock();
  const keyValue = openMemoryKeyValue({ clock });
  const http = createHttpClient({ allowInsecureLoopback: true });
  const relyingParties = parties(spKey).map(asRelyingParty);
  const registry = createRegistry({ relyingParties, targets: [] });
  const opened: SamlIdentityProvider[] = [];
  const copies = memoryCopies();
  const another = (): SamlIdentityProvider => {
    const idp = createSamlIdentityProvider({
      ...{ publicUrl: new URL(PUBLIC_URL), allowInsecureLoopback: true, registry },
      ...{
        attributes: { region: 'string' },
        tables: {},
        keyValue,
        http,
        names: { mayBear: async () => true },
        copies,
        clock,
        log: silentLog,
      },
      keys: testKeys([idpKey, nextKey]),
    });
    opened.push(idp);
    return idp;
  };
  return {
    ...{ clock, keyValue, idpKey, nextKey, spKey, another },
    idp: another(),
    party(id) {
      const party = id === undefined ? relyingParties[0] : registry.relyingParty(id);
      if (!party) throw new Error(`no relying party ${id}`);
      return party;
    },
    async [Symbol.asyncDispose]() {
      for (const idp of opened) idp[Symbol.dispose]();
      await http[Symbol.asyncDispose]();
      await keyValue[Symbol.asyncDispose]();
    },
  };
}

/** What a database would keep for another process. */
function memoryCopies(): MetadataCopies {
  const kept = new Map<string, MetadataCopy>();
  return {
    keep: async (relyingParty, url, copy) => void kept.set(`${relyingParty} ${url}`, copy),
    read: async (relyingParty, url) => kept.get(`${relyingParty} ${url}`),
  };
}

/** Settings of a relying party as the configuration file would have them. */
export function wiki(spKey: SigningKey, more: object = {}): object {
  return {
    id: 'wiki',
    kind: 'saml',
    entityId: SP,
    acs: [{ url: ACS }, { url: `${ACS}/second`, index: 7 }],
    certificates: [{ certificate: spKey.certificatePem }],
    slo: { url: 'https://wiki.example/slo' },
    roles: [{ id: 'reader' }, { id: 'editor', value: 'Editors & co' }],
    ...more,
  };
}

export function asRelyingParty(config: object): RelyingParty {
  const { id, kind, origin, ...settings } = config as { id: string; kind: string; origin?: 'api' };
  const access = samlKinds.find((each) => each.kind === kind)?.access.parse(settings);
  const shown = { title: id === 'wiki' ? 'Wiki' : id, description: '', enabled: true, hidden: false };
  return {
    id,
    kind,
    ...shown,
    roles: [{ id: 'reader', title: 'Reader' }],
    scopes: [],
    access,
    ...(origin && { origin }),
  };
}

/** What login hands over after everything else was decided: mira enters the wiki. */
export function signOn(world: IdpWorld, more: Partial<SignOn> = {}): SignOn {
  const now = world.clock.now();
  return {
    relyingParty: world.party(),
    person: {
      ...{
        id: 'per_00000000000000000000000000',
        status: 'active',
        login: 'mira',
        mail: 'mira@halden.example',
      },
      ...{ givenName: 'Mira', familyName: 'Lindqvist', displayName: 'Mira Lindqvist' },
      groups: ['merchandising@staff'],
      attributes: { region: 'EMEA' },
    },
    identity: {
      ...{ id: 'idn_00000000000000000000000000', connection: 'otds', issuer: 'https://otds.example' },
      ...{ authTime: now, confirmedAt: now, amr: [] },
    },
    session: {
      id: 'ses_00000000000000000000000000',
      ends: new Date(now.getTime() + 8 * 3_600_000),
      authTime: new Date(now.getTime() - 60_000),
      authnContext: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      amr: ['pwd'],
    },
    entitlement: {
      relyingParty: 'wiki',
      roles: [{ id: 'editor', because: ['r'] }],
      scopes: [],
    },
    thread: 'lgn_00000000000000000000000000',
    now,
    ...more,
  };
}

/** Keys without a database: the same promises, held in memory. */
export function testKeys(pairs: readonly SigningKey[], states = ['active', 'next'] as const) {
  return {
    lookup: (purpose: string, value: string) =>
      createHmac('sha256', SHARED_SECRET).update(`${purpose}\n${value}`).digest('hex'),
    issuingKeys: async (): Promise<readonly IssuingKey[]> =>
      pairs.map(({ privateKeyPem, certificatePem }, index) => {
        const privateKey = createPrivateKey(privateKeyPem);
        const keyId = createHash('sha256').update(certificatePem).digest('hex').slice(0, 16);
        return {
          ...{ keyId, purpose: 'saml-identity-provider' as const, state: states[index] ?? 'retired' },
          ...{ privateKey, publicKey: createPublicKey(privateKey), certificatePem, publishedAt: new Date(0) },
        };
      }),
    sealer: async (owner: string) => ({
      isDestroyed: false,
      seal(plain: string, aad: string): string {
        const iv = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', keyOf(owner), iv).setAAD(Buffer.from(aad));
        return Buffer.concat([
          iv,
          cipher.update(plain, 'utf8'),
          cipher.final(),
          cipher.getAuthTag(),
        ]).toString('base64');
      },
      open(sealed: string, aad: string): string {
        const bytes = Buffer.from(sealed, 'base64');
        const decipher = createDecipheriv('aes-256-gcm', keyOf(owner), bytes.subarray(0, 12));
        decipher.setAAD(Buffer.from(aad)).setAuthTag(bytes.subarray(-16));
        return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
      },
    }),
  };

  function keyOf(owner: string): Buffer {
    return createHmac('sha256', SHARED_SECRET).update(owner).digest();
  }
}

const SHARED_SECRET = randomBytes(32);
