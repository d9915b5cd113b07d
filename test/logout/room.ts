import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Router } from 'express';
import type { AccessLog, NewAccessEvent } from '../../src/access-log/index.ts';
import { addMs, HOUR, newId, type PersonId } from '../../src/base/index.ts';
import { ConnectionConfig, createUpstreams, migrations as federation } from '../../src/federation/index.ts';
import { createSamlIdentityProvider, SamlAccess } from '../../src/issuing/saml/index.ts';
import {
  createLogout,
  isLogoutEndpoint,
  type LogoutNeeds,
  logoutPages,
  migrations as logoutTables,
  type OidcLogouts,
  type PartyLogout,
  samlPartyLogout,
} from '../../src/logout/index.ts';
import {
  createCookies,
  createHttpClient,
  createViews,
  createWebApp,
  listen,
} from '../../src/platform/http/index.ts';
import { createJobs, migrations as jobsTables } from '../../src/platform/jobs/index.ts';
import { openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { migrations as keysTables, MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createMetrics } from '../../src/platform/metrics/index.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';
import { createSessions, type Session, migrations as sessionTables } from '../../src/session/index.ts';
import { Browser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { OpenIdProvider } from '../support/openid-provider.ts';
import { startPeers } from './peers.ts';

const VIEWS = join(import.meta.dirname, '..', '..', 'views');
const tables = { ...federation, ...jobsTables, ...keysTables, ...logoutTables, ...sessionTables };

export type RoomOptions = {
  readonly goUpstream?: 'offer' | 'always' | 'never';
  readonly tellWithinMs?: number;
};

export type Room = Awaited<ReturnType<typeof openRoom>>;

/**
 * The logout room on its own: real database, real HTTP, the real SAML identity provider and connections; relying
 * parties `media` and `crm` (SAML), `wiki` and `desk` (OIDC), `shop` (by hand), `notes` (none).
 */
export async function openRoom(options: RoomOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase(tables));
  const { db } = database;
  const keys = stack.use(
    await openKeys({
      ...{ db, clock, listen: (...args) => database.listen(...args) },
      masterKeys: { current: new MasterKey(randomBytes(32)), previous: [] },
    }),
  );
  const keyValue = stack.use(openMemoryKeyValue({ clock }));
  const peers = stack.use(await startPeers(clock));
  const provider = stack.use(await OpenIdProvider.start(clock));
  const http = stack.use(createHttpClient({ allowInsecureLoopback: true }));
  const openJobs = () =>
    createJobs({
      ...{ db, clock, log: silentLog, sealer: (owner) => keys.sealer(owner) },
      listen: (...args) => database.listen(...args),
    });
  const jobs = openJobs();

  // The port must be known before anything that names our own address is made.
  const front = Router();
  let handler: Parameters<typeof listen>[0]['handler'] = () => undefined;
  const server = stack.use(
    await listen({ handler: (req, res) => handler(req, res), host: '127.0.0.1', port: 0, log: silentLog }),
  );
  const origin = `http://sso.localhost:${server.port}`;
  const publicUrl = new URL(origin);

  const registry = createRegistry({ relyingParties: relyingParties(peers, origin), targets: [] });
  provider.behaviour.discovery = { end_session_endpoint: `${provider.issuer}/end` };
  const idp = peers.saml('idp', `${origin}/login/am/slo`);
  const upstreams = stack.use(
    createUpstreams({
      ...{ publicUrl, http, clock, log: silentLog, db, keys, allowInsecureLoopback: true },
      connections: [
        ConnectionConfig.parse({
          ...{ id: 'op', title: 'The directory', preset: 'oidc', issuer: provider.issuer },
          ...{ clientId: 'vestibule', clientSecret: 'top-secret' },
        }),
        ConnectionConfig.parse({
          ...{ id: 'am', title: 'The manager', preset: 'saml', subject: { nameId: 'persistent' } },
          ...{ entityId: idp.entityId, ssoUrl: peers.url('idp', '/sso'), sloUrl: peers.url('idp', '/slo') },
          certificates: [{ certificate: idp.key.certificatePem }],
        }),
      ],
    }),
  );
  const saml = stack.use(
    createSamlIdentityProvider({
      ...{ publicUrl, registry, keyValue, keys, http, clock, log: silentLog },
      ...{ allowInsecureLoopback: true, attributes: {}, tables: {}, names: { mayBear: async () => true } },
      copies: { keep: async () => undefined, read: async () => undefined },
    }),
  );
  for (const { trust } of saml.intake.parties.list()) await trust.get();

  const sessions = createSessions({ db, keyValue, keys, clock });
  const events: NewAccessEvent[] = [];
  const junk: string[] = [];
  const steps: string[] = [];
  const accessLog = {
    append: async (event: NewAccessEvent) => {
      events.push(event);
      steps.push(event.type);
      return newId('evt');
    },
    countJunk: (kind: string) => void junk.push(kind),
  } as unknown as AccessLog;
  const back = (name: string): PartyLogout => ({
    kind: 'back-channel',
    residual: 'Access tokens that it holds work for up to 5 minutes.',
    async tell({ subject, handle }) {
      steps.push(`tell ${name}`);
      const url = new URL(peers.url(name, '/backchannel'));
      const body = new URLSearchParams({ sub: subject, sid: handle }).toString();
      const { status } = await http.request({ method: 'POST', url, body, system: name });
      if (status >= 500) throw new Error('no answer');
      return status === 200 ? 'confirmed' : 'refused';
    },
  });
  const told: Record<string, PartyLogout> = {
    wiki: back('wiki'),
    desk: back('desk'),
    shop: { kind: 'by-hand', url: new URL('https://shop.example/logout') },
  };
  const hints = new Map<string, { sub: string; sid: string; aud: string }>();
  const oidc: OidcLogouts = {
    verifyIdTokenHint: async (hint) => hints.get(hint),
    isPostLogoutRedirect: (id, uri) => id === 'wiki' && uri === 'https://wiki.example/bye',
  };
  const needs: Omit<LogoutNeeds, 'jobs' | 'keyValue'> = {
    ...{ clock, log: silentLog, db, keys, accessLog, registry, sessions, upstreams },
    partyLogout: (id) => told[id] ?? samlPartyLogout(id, saml.logout),
    access: {
      nothingBefore: async (_person, at) => void steps.push(`nothing before ${at.toISOString()}`),
      revokeOfSession: async () => void steps.push('revoke of session'),
      revokeOfPerson: async () => void steps.push('revoke of person'),
    },
    accounts: { endAll: async () => steps.push('ladders') },
    settings: {
      tellWithinMs: options.tellWithinMs ?? 2_000,
      goUpstream: () => options.goUpstream ?? 'offer',
    },
  };
  const logout = createLogout({ ...needs, jobs, keyValue });
  const cookies = createCookies(publicUrl);
  front.get('/test/sign-in', (req, res) => {
    cookies.write(res, 'session', String(req.query['token']));
    res.send('signed in');
  });
  const views = createViews(VIEWS, { productName: 'Vestibule', organisation: null });
  handler = createWebApp({
    ...{ publicUrl, log: silentLog, clock, views, viewsFolder: VIEWS, metrics: createMetrics() },
    ...{ trustedProxies: [], isCrossSiteEndpoint: isLogoutEndpoint },
    routers: [
      front,
      ...logoutPages({
        ...{ logout, oidc, saml: saml.logout, publicUrl, keyValue, keys, views, cookies },
        ...{ sessionCookie: 'session', titleOfConnection: (id) => upstreams.get(id)?.title ?? id },
        perMinute: 1_000,
      }),
    ],
  });

  const closing = stack.move();
  const personId = newId('per');
  return {
    ...{
      clock,
      db,
      keys,
      keyValue,
      peers,
      provider,
      jobs,
      sessions,
      logout,
      events,
      junk,
      steps,
      hints,
      origin,
    },
    ...{ personId, upstreams },
    media: peers.saml('media', `${origin}/saml/slo`),
    crm: peers.saml('crm', `${origin}/saml/slo`),
    idp,
    /** The jobs of a process that starts anew: same database, short-lived state gone. */
    elsewhere() {
      const fresh = openJobs();
      createLogout({ ...needs, jobs: fresh, keyValue: openMemoryKeyValue({ clock }) });
      return fresh;
    },
    /** A session with these relying parties entered, each with a name and handle of its own. */
    async open(
      entered: readonly string[],
      more: { personId?: PersonId; connection?: string; browser?: string } = {},
    ) {
      const owner = more.personId ?? personId;
      const name = randomBytes(4).toString('hex');
      const opened = await sessions.open({
        ...{ personId: owner, identityId: newId('idn'), connection: more.connection ?? 'op' },
        ...{ issuer: 'https://op.example', amr: [], device: 'Firefox on Linux' },
        ...{ ends: addMs(clock.now(), HOUR), authTime: clock.now(), confirmedAt: clock.now() },
        ...(more.browser !== undefined && { browser: more.browser }),
        upstreamSession:
          more.connection === 'am'
            ? { nameId: `am-${owner}`, sessionIndex: `si-${name}` }
            : { sub: `op-${owner}`, sid: `sid-${name}`, idTokenHint: 'their.id.token' },
      });
      for (const id of entered) {
        const party = { handle: `${id}-${name}`, subject: `${id}:${owner}`, details: {} };
        const isTold = id !== 'shop' && id !== 'notes';
        await sessions.enter(opened.session, id, isTold ? party : undefined);
        clock.advance(1);
      }
      return { ...opened, name };
    },
    async browser(token?: string) {
      const browser = new Browser();
      if (token !== undefined) await browser.open(`${origin}/test/sign-in?token=${token}`);
      return browser;
    },
    isRunning: async (session: Session) => (await sessions.byId(session.id)) !== undefined,
    /** States by title on a page that says what ended. */
    typesOf: () => events.map(({ type }) => type),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function relyingParties(
  peers: Awaited<ReturnType<typeof startPeers>>,
  origin: string,
): readonly RelyingParty[] {
  const common = (id: string, kind: string) => ({
    ...{ id, kind, title: `The ${id}`, description: '', enabled: true, hidden: false },
    ...{ roles: [{ id: 'user', title: 'User' }], scopes: [] },
  });
  const saml = (id: 'media' | 'crm' | 'depot' | 'archive'): RelyingParty => {
    const peer = peers.saml(id, `${origin}/saml/slo`);
    if (id === 'archive') return { ...common(id, 'saml'), access: bySoapAlone(peers) };
    const soap = id === 'depot' && { soapUrl: peers.url(id, '/soap') };
    return {
      ...common(id, 'saml'),
      access: SamlAccess.parse({
        entityId: peer.entityId,
        acs: [{ url: peers.url(id, '/acs') }],
        certificates: [{ certificate: peer.key.certificatePem }],
        slo: { url: peers.url(id, '/slo'), binding: id === 'crm' ? 'post' : 'redirect', ...soap },
        roles: [{ id: 'user' }],
      }),
    };
  };
  return [
    ...[saml('media'), saml('crm'), saml('depot'), saml('archive')],
    ...['wiki', 'desk', 'shop', 'notes'].map((id) => ({ ...common(id, 'other'), access: {} })),
  ];
}

/** A service provider whose metadata names a SOAP service and no other one. */
function bySoapAlone(peers: Awaited<ReturnType<typeof startPeers>>): RelyingParty['access'] {
  const bindings = 'urn:oasis:names:tc:SAML:2.0:bindings';
  const peer = peers.saml('archive', '');
  const bare = peer.key.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '');
  const metadata =
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${peer.entityId}">` +
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
    '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>' +
    `<ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
    `<md:SingleLogoutService Binding="${bindings}:SOAP" Location="${peers.url('archive', '/soap')}"/>` +
    `<md:AssertionConsumerService Binding="${bindings}:HTTP-POST" Location="${peers.url('archive', '/acs')}" index="0"/>` +
    '</md:SPSSODescriptor></md:EntityDescriptor>';
  return SamlAccess.parse({ metadata, roles: [{ id: 'user' }] });
}

/** What the page says of each relying party. */
export function statesOn(html: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...html.matchAll(/<strong>([^<]+)<\/strong> <span class="state">([^<]+)</g)].map(
      ([, title = '', state = '']) => [title.replace('The ', ''), state],
    ),
  );
}
