import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Router } from 'express';
import * as client from 'openid-client';
import type { NewAccessEvent } from '../../src/access-log/index.ts';
import { addMs, HOUR, MINUTE, newId, type PersonId, type SessionId } from '../../src/base/index.ts';
import { type Answer, migrations } from '../../src/issuing/index.ts';
import {
  type Access,
  createOidcProvider,
  createPersonGates,
  isOidcProgramPath,
  type OidcAccess,
  OidcAccess as OidcAccessSchema,
  type OidcNeeds,
  type OidcProvider,
  type PersonGates,
} from '../../src/issuing/oidc/index.ts';
import type { Granted, Person } from '../../src/model/index.ts';
import { createHttpClient, createViews, createWebApp } from '../../src/platform/http/index.ts';
import {
  type KeyValueStore,
  openMemoryKeyValue,
  openRedisKeyValue,
} from '../../src/platform/key-value/index.ts';
import {
  type IssuingKey,
  migrations as keysMigrations,
  MasterKey,
  openKeys,
} from '../../src/platform/keys/index.ts';
import { type Log, silentLog } from '../../src/platform/log/index.ts';
import { createMetrics } from '../../src/platform/metrics/index.ts';
import { createRegistry, type Registry, type RelyingParty } from '../../src/relying-parties/index.ts';
import { Browser, type Page } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { testRedisUrl } from '../support/redis.ts';

export const SECRET = 'a secret that is long enough';
const VIEWS = join(import.meta.dirname, '../../views');
const SESSION_COOKIE = 'test-session';

type Purpose = IssuingKey['purpose'];

/** Keys as the platform hands them out, generated once for the whole file: RSA keys are slow to make. */
export class TestKeys {
  readonly #held = new Map<Purpose, IssuingKey[]>();
  readonly #listeners = new Set<(purpose: Purpose) => void>();

  issuingKeys = async (purpose: Purpose): Promise<readonly IssuingKey[]> => {
    const held = this.#held.get(purpose) ?? [newKey(purpose, 'active'), newKey(purpose, 'next')];
    this.#held.set(purpose, held);
    return held;
  };

  onIssuingKeysChange = (listener: (purpose: Purpose) => void): Disposable => {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  };

  /** The next becomes active, the active one stays published. `forget` takes all older ones away. */
  async rotate(purpose: Purpose, options: { readonly forget?: boolean } = {}): Promise<void> {
    const [active, next, ...retired] = await this.issuingKeys(purpose);
    if (!active || !next) throw new Error('no keys');
    const older = options.forget ? [] : [{ ...active, state: 'retired' as const }, ...retired];
    this.#held.set(purpose, [{ ...next, state: 'active' }, newKey(purpose, 'next'), ...older]);
    for (const listener of this.#listeners) listener(purpose);
  }
}

function newKey(purpose: Purpose, state: IssuingKey['state']): IssuingKey {
  const { privateKey, publicKey } = pair(purpose);
  return { keyId: newId('key'), purpose, state, privateKey, publicKey, publishedAt: new Date(0) };
}

function pair(purpose: Purpose): { privateKey: KeyObject; publicKey: KeyObject } {
  if (purpose === 'oidc-rs256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (purpose === 'oidc-es256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('ed25519');
}

const testKeys = new TestKeys();

export type OidcWorldOptions = {
  readonly keyValue?: 'memory' | 'redis';
  readonly keys?: TestKeys;
  readonly log?: Log;
  readonly parties?: Readonly<Record<string, Partial<Record<keyof OidcAccess, unknown>>>>;
  readonly machines?: OidcNeeds['machines'];
  readonly outboundAllow?: readonly string[];
};

export type OidcWorld = Awaited<ReturnType<typeof openOidcWorld>>;

/**
 * The provider in an Express application with a login of three lines, on a real database. The library reads the
 * system's time, so the clock starts there; it moves only when a test says so.
 */
export async function openOidcWorld(t: TestContext, options: OidcWorldOptions = {}) {
  const database = await createTestDatabase({ ...keysMigrations, ...migrations });
  t.after(() => database[Symbol.asyncDispose]());
  const clock = new ManualClock(new Date(Math.floor(Date.now() / 1000) * 1000));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const ring = await openKeys({ db: database.db, listen: database.listen, clock, masterKeys });
  t.after(() => ring[Symbol.asyncDispose]());
  const keyValue = await openKeyValue(options.keyValue ?? 'memory', clock);
  t.after(() => keyValue[Symbol.asyncDispose]());
  const http = createHttpClient({
    allowInsecureLoopback: true,
    ...(options.outboundAllow && { allowedHosts: options.outboundAllow }),
  });
  t.after(() => http[Symbol.asyncDispose]());

  let listener: RequestListener = (_req, res) => void res.writeHead(503).end();
  const server = createServer((req, res) => listener(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const publicUrl = new URL(`http://sso.localhost:${port}`);

  const people = new People(clock);
  const events: NewAccessEvent[] = [];
  const log = { isDown: false, junk: 0 };
  const held = { parties: partiesOf(options.parties ?? {}) };
  const registry: Registry = {
    ...createRegistry({ relyingParties: [], targets: [] }),
    relyingParty: (id) => held.parties.find((party) => party.id === id),
    relyingParties: () => held.parties,
  };
  const keys = options.keys ?? testKeys;
  const needs: OidcNeeds = {
    publicUrl,
    db: database.db,
    keyValue,
    keys: {
      sealer: ring.sealer,
      lookup: ring.lookup,
      issuingKeys: keys.issuingKeys as OidcNeeds['keys']['issuingKeys'],
      onIssuingKeysChange: keys.onIssuingKeysChange as OidcNeeds['keys']['onIssuingKeysChange'],
    },
    clock,
    log: options.log ?? silentLog,
    http,
    views: createViews(VIEWS, VIEW_DATA),
    registry,
    machines: options.machines ?? [],
    attributes: { region: 'string' },
    access: people.access,
    accessLog: {
      append: async (event) => {
        if (log.isDown) throw new Error('the access log is down');
        events.push(event);
        return newId('evt');
      },
      countJunk: () => {
        log.junk += 1;
      },
    },
    browserSession: async (req) => sessionOf(req.headers.cookie),
  };
  const provider = await createOidcProvider(needs);
  t.after(() => provider[Symbol.dispose]());
  const open = async (): Promise<OidcProvider> => {
    const another = await createOidcProvider(needs);
    t.after(() => another[Symbol.dispose]());
    return another;
  };
  const login: FakeLogin = { signInAs: undefined, answers: [] };
  const serve = (of: OidcProvider): RequestListener => appOf(of, { needs, people, login, publicUrl });
  listener = serve(provider);

  return {
    ...{ provider, needs, publicUrl, clock, events, log, people, login, keys, keyValue, http, ring },
    db: database.db,
    database: database as TestDatabase,
    gates: createPersonGates(database.db) as PersonGates,
    issuerUrl: provider.url,
    /** Another process on the same stores. */
    open,
    serve,
    use: (of: OidcProvider) => {
      listener = serve(of);
    },
    register: (parties: OidcWorldOptions['parties']) => {
      held.parties = partiesOf(parties ?? {});
    },
    fetch: http.fetchFor('test'),
    browser: () => new Browser(),
    url: (path: string) => `${publicUrl.origin}${path}`,
  };
}

const VIEW_DATA = { productName: 'Vestibule', organisation: 'Halden' };

async function openKeyValue(kind: 'memory' | 'redis', clock: ManualClock): Promise<KeyValueStore> {
  if (kind === 'memory') return openMemoryKeyValue({ clock });
  return openRedisKeyValue({
    url: await testRedisUrl(),
    log: silentLog,
    clock,
    prefix: `${randomBytes(8).toString('hex')}:`,
  });
}

/** `wiki` (confidential), `spa` (public), `notes` (confidential) and two stores of another kind. */
function partiesOf(changes: NonNullable<OidcWorldOptions['parties']>): RelyingParty[] {
  const confidential = { clientSecrets: [SECRET] };
  const defaults: Record<string, object> = {
    wiki: { ...confidential, refreshTokens: true, resources: ['store-emea', 'store-na'] },
    notes: { ...confidential, refreshTokens: true, resources: ['store-emea'] },
    spa: { tokenEndpointAuthMethod: 'none', refreshTokens: true },
  };
  const names = [...new Set([...Object.keys(defaults), ...Object.keys(changes)])];
  const applications = names.map((id) => {
    const access = OidcAccessSchema.parse({
      redirectUris: [`http://${id}.localhost/callback`],
      roles: [{ id: 'reader' }],
      ...defaults[id],
      ...changes[id],
    });
    return partyOf(id, 'oidc', access);
  });
  const stores = ['store-emea', 'store-na', 'store-outlet'].map((id) =>
    partyOf(id, 'bigcommerce-storefront', {}),
  );
  return [...applications, ...stores];
}

function partyOf(id: string, kind: string, access: unknown): RelyingParty {
  return {
    ...{ id, kind, access, title: id, description: '', enabled: true, hidden: false },
    roles: [{ id: 'reader', title: 'Reader' }],
    scopes: ['catalog:read', 'catalog:write', 'orders:read'],
  };
}

type HeldSession = { readonly person: PersonId; ends: Date; authTime: Date; acr?: string; amr: string[] };

/** Who may enter what, as policy would say; changed by tests at will. */
export class People {
  readonly sessions = new Map<SessionId, HeldSession>();
  /** `mira/wiki` → what she has there. */
  readonly rights = new Map<string, { roles: Granted[]; scopes: Granted[] }>();
  readonly asked: Parameters<Access['decide']>[0][] = [];
  readonly #ids = new Map<string, PersonId>();
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  id(name: string): PersonId {
    const id = this.#ids.get(name) ?? newId('per');
    this.#ids.set(name, id);
    return id;
  }

  person(name: string): Person {
    const names = {
      login: name,
      displayName: `${name} of Halden`,
      givenName: name,
      mail: `${name}@halden.example`,
    };
    const groups = ['merchandising@staff'];
    return { id: this.id(name), status: 'active', ...names, groups, attributes: { region: 'EMEA' } };
  }

  allow(name: string, relyingParty: string, scopes: readonly string[] = [], ends?: Date): void {
    const granted = (id: string): Granted => ({ id, because: ['test'], ...(ends && { ends }) });
    this.rights.set(`${name}/${relyingParty}`, { roles: [granted('reader')], scopes: scopes.map(granted) });
  }

  forbid(name: string, relyingParty: string): void {
    this.rights.delete(`${name}/${relyingParty}`);
  }

  open(name: string, session: Partial<HeldSession> = {}): SessionId {
    const id = newId('ses');
    const now = this.#clock.now();
    this.sessions.set(id, {
      ...{ person: this.id(name), ends: addMs(now, 8 * HOUR), authTime: addMs(now, -MINUTE), amr: ['pwd'] },
      ...session,
    });
    return id;
  }

  nameOf(id: PersonId): string {
    return [...this.#ids].find(([, held]) => held === id)?.[0] ?? '';
  }

  readonly access: Access = {
    decide: async (question) => {
      this.asked.push(question);
      const session = this.sessions.get(question.sessionId);
      if (!session || session.person !== question.personId || this.#clock.now() >= session.ends) {
        return { outcome: 'deny', code: 'session.over', reason: 'The session is over; sign in again.' };
      }
      const name = this.nameOf(question.personId);
      const held = this.rights.get(`${name}/${question.relyingParty}`);
      const isOver = held?.roles.some(({ ends }) => ends && ends <= this.#clock.now());
      if (!held || isOver) {
        return {
          outcome: 'deny',
          code: 'policy.no_rule',
          reason: `No rule lets you into ${question.relyingParty}.`,
        };
      }
      return {
        outcome: 'allow',
        person: this.person(name),
        session: {
          ...{ id: question.sessionId, ends: session.ends, authTime: session.authTime, amr: session.amr },
          ...(session.acr !== undefined && { authnContext: session.acr }),
        },
        entitlement: { relyingParty: question.relyingParty, roles: held.roles, scopes: held.scopes },
      };
    },
  };
}

/** What the login of the product does, in a few lines. */
export type FakeLogin = {
  /** Who signs in upstream when a page would be shown. */
  signInAs: string | undefined;
  readonly answers: Answer[];
};

function appOf(
  provider: OidcProvider,
  deps: { needs: OidcNeeds; people: People; login: FakeLogin; publicUrl: URL },
): RequestListener {
  const { needs, people, login, publicUrl } = deps;
  const router = Router();
  router.use('/oidc', provider.handler);
  router.use('/.well-known/oauth-authorization-server/oidc', provider.metadataHandler);
  router.get('/login/request/oidc/:handle', async (req, res) => {
    const request = await provider.requests.find(String(req.params.handle));
    if (!request || 'gone' in request) {
      res.status(410).send(request ? `gone ${request.relyingParty}` : 'unknown');
      return;
    }
    let session = sessionOf(req.headers.cookie);
    const held = session && people.sessions.get(session);
    if (!held || request.force) {
      if (request.passive) return go(res, await provider.requests.refuse(request, 'login-required'), login);
      if (login.signInAs === undefined) return void res.status(200).send('sign-in page');
      session = people.open(login.signInAs, { authTime: needs.clock.now() });
      res.setHeader('Set-Cookie', `${SESSION_COOKIE}=${session}; Path=/`);
    }
    const sessionId = session as SessionId;
    const personId = people.sessions.get(sessionId)?.person as PersonId;
    const thread = newId('lgn');
    const answer = await people.access.decide({
      ...{ personId, sessionId, thread, relyingParty: request.relyingParty, asked: 'login' },
    });
    if (answer.outcome === 'deny') return go(res, await provider.requests.refuse(request, 'denied'), login);
    const relyingParty = needs.registry.relyingParty(request.relyingParty) as RelyingParty;
    const { person, entitlement, session: vouching } = answer;
    const issued = await provider.issuer.issue({
      ...{ relyingParty, person, entitlement, session: vouching, request, thread, now: needs.clock.now() },
      identity: {
        ...{ id: newId('idn'), connection: 'otds', issuer: 'https://otds.example', amr: ['pwd'] },
        ...{ authTime: vouching.authTime, confirmedAt: vouching.authTime },
      },
    });
    go(res, issued.answer, login);
  });
  return createWebApp({
    ...{ publicUrl, log: needs.log, clock: needs.clock, views: needs.views, viewsFolder: VIEWS },
    ...{ metrics: createMetrics(), trustedProxies: [], isCrossSiteEndpoint: isOidcProgramPath },
    routers: [router],
  });
}

function go(res: { redirect(status: number, url: string): void }, answer: Answer, login: FakeLogin): void {
  login.answers.push(answer);
  if (answer.kind === 'redirect') res.redirect(303, answer.location.href);
}

function sessionOf(cookies: string | undefined): SessionId | undefined {
  return /(?:^|; )test-session=(ses_[0-9a-z]+)/.exec(cookies ?? '')?.[1] as SessionId | undefined;
}

/** An application of the world, as openid-client makes one. */
export async function applicationOf(
  world: OidcWorld,
  id = 'wiki',
  options: { readonly auth?: client.ClientAuth; readonly metadata?: Partial<client.ClientMetadata> } = {},
): Promise<client.Configuration> {
  return client.discovery(
    new URL(world.issuerUrl),
    id,
    { client_secret: SECRET, ...options.metadata },
    options.auth ?? (id === 'spa' ? client.None() : undefined),
    {
      execute: [client.allowInsecureRequests],
      [client.customFetch]: world.fetch as client.CustomFetch,
    },
  );
}

export type Started = {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly redirectUri: string;
};

/** An authorization request as a well-behaved application makes it. */
export async function startRequest(
  configuration: client.Configuration,
  parameters: Record<string, string> = {},
): Promise<Started> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const id = configuration.clientMetadata().client_id;
  const redirectUri = parameters['redirect_uri'] ?? `http://${id}.localhost/callback`;
  const url = client.buildAuthorizationUrl(configuration, {
    ...{ scope: 'openid profile', state, nonce, redirect_uri: redirectUri },
    ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    ...parameters,
  });
  return { url, verifier, state, nonce, redirectUri };
}

/** Follows the browser until it leaves for the application. @returns where it was sent. */
export async function followOut(world: OidcWorld, browser: Browser, url: URL): Promise<URL> {
  const paused = browser.pauseAt((place) => place.host !== world.publicUrl.host);
  const page: Page = await browser.open(url.href);
  try {
    return new URL(paused());
  } catch {
    throw new Error(`rested at ${page.url.pathname} with ${page.status}: ${page.text.slice(0, 300)}`);
  }
}

/** The whole way: request, sign-in, code, tokens. */
export async function signOn(
  world: OidcWorld,
  options: {
    readonly as?: string;
    readonly id?: string;
    readonly browser?: Browser;
    readonly parameters?: Record<string, string>;
    readonly tokenParameters?: Record<string, string>;
    readonly configuration?: client.Configuration;
  } = {},
) {
  const { as = 'mira', id = 'wiki', browser = world.browser() } = options;
  world.login.signInAs = as;
  const configuration = options.configuration ?? (await applicationOf(world, id));
  const started = await startRequest(configuration, options.parameters);
  const answer = await followOut(world, browser, started.url);
  const exchange = () =>
    client.authorizationCodeGrant(
      configuration,
      answer,
      { expectedState: started.state, expectedNonce: started.nonce, pkceCodeVerifier: started.verifier },
      options.tokenParameters,
    );
  return { configuration, started, answer, browser, exchange };
}

/** Lets nobody who reads such a key go on before `count` have read it: what comes after is a race, every time. */
export function meetAtRead(world: OidcWorld, part: string, count: number): void {
  const { get, getMany } = world.keyValue;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  const meet = async (keys: readonly string[]): Promise<void> => {
    if (!keys.some((key) => key.includes(part)) || arrived >= count) return;
    arrived += 1;
    if (arrived === count) resolve();
    await all;
  };
  world.keyValue.get = async (key) => {
    const value = await get(key);
    await meet([key]);
    return value;
  };
  world.keyValue.getMany = async (keys) => {
    const values = await getMany(keys);
    await meet(keys);
    return values;
  };
}
