import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Profile, SAML } from '@node-saml/passport-saml';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import {
  createServiceProvider,
  deliveredBy,
  SLO,
  SP_ENTITY,
  signInAt,
  strangerKeyPem,
  type TestServiceProvider,
} from './client/service-provider.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let sp: TestServiceProvider;
let browser: Browser;
let saml: SAML;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['access-manager'] });
  sp = await createServiceProvider();
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox.registerBroker({ serviceProviders: [{ entityId: SP_ENTITY, metadata: sp.metadata() }] });
  sandbox.reset();
  browser = new Browser();
  saml = await sp.saml(sandbox);
});

async function signedIn(): Promise<Profile> {
  const page = await signInAt(browser, await saml.getAuthorizeUrlAsync('', undefined, {}), 'noah');
  const SAMLResponse = Buffer.from(deliveredBy(page).xml).toString('base64');
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
  if (!profile) throw new Error('no profile');
  return profile;
}

const sessions = (): number => (sandbox.system('access-manager').state()['sessions'] as unknown[]).length;

test('a signed logout request ends the session and the signed answer goes back', async () => {
  const profile = await signedIn();

  const back = await browser.open(await saml.getLogoutUrlAsync(profile, 'relay', {}));
  const location = new URL(back.headers.location ?? '');
  const query = Object.fromEntries(location.searchParams);
  const { loggedOut } = await saml.validateRedirectAsync(query, location.search.slice(1));

  assert.equal(`${location.origin}${location.pathname}`, SLO);
  assert.equal(query['RelayState'], 'relay');
  assert.ok(query['Signature']);
  assert.equal(loggedOut, true);
  assert.equal(sessions(), 0);
});

test('an unsigned or foreign logout request ends nothing', async () => {
  const profile = await signedIn();
  const stranger = await sp.saml(sandbox, { privateKey: strangerKeyPem() });
  const signed = await saml.getLogoutUrlAsync(profile, '', {});

  const unsigned = await browser.open(signed.replace(/&(SigAlg|Signature)=[^&]*/g, ''));
  const foreign = await browser.open(await stranger.getLogoutUrlAsync(profile, '', {}));

  assert.deepEqual([unsigned.status, foreign.status, sessions()], [403, 403, 1]);
});

test('unsigned logout works where the site does not demand signatures', async () => {
  const profile = await signedIn();
  sandbox.system('access-manager').turn({ requireSignedLogout: false });

  const signed = await saml.getLogoutUrlAsync(profile, '', {});
  await browser.open(signed.replace(/&(SigAlg|Signature)=[^&]*/g, ''));

  assert.equal(sessions(), 0);
});

test('a logout request for another name ends nothing and says so', async () => {
  const profile = await signedIn();

  const back = await browser.open(
    await saml.getLogoutUrlAsync({ ...profile, nameID: 'somebody-else' }, '', {}),
  );
  const location = new URL(back.headers.location ?? '');

  await assert.rejects(
    saml.validateRedirectAsync(Object.fromEntries(location.searchParams), location.search.slice(1)),
    /Requester|logout/i,
  );
  assert.equal(sessions(), 1);
});

test('signing out at Access Manager sends a signed logout request with name and session index', async () => {
  const profile = await signedIn();

  const away = await browser.open(sandbox.url('am', '/nidp/app/logout'));
  const location = new URL(away.headers.location ?? '');
  const { profile: named, loggedOut } = await saml.validateRedirectAsync(
    Object.fromEntries(location.searchParams),
    location.search.slice(1),
  );

  assert.equal(loggedOut, true);
  assert.equal(named?.nameID, profile.nameID);
  assert.equal(named?.sessionIndex, profile.sessionIndex);
  assert.equal(sessions(), 0);
});

test('a service provider that takes POST only gets its messages by POST', async () => {
  sandbox.registerBroker({
    serviceProviders: [{ entityId: SP_ENTITY, metadata: sp.metadata({ slo: 'POST' }) }],
  });
  const profile = await signedIn();

  const page = await browser.open(sandbox.url('am', '/nidp/app/logout'));
  const request = /name="SAMLRequest" value="([^"]*)"/.exec(page.body)?.[1] ?? '';
  const { profile: named } = await saml.validatePostRequestAsync({ SAMLRequest: request });

  assert.equal(named?.nameID, profile.nameID);
});
