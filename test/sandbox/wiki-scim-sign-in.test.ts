import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Browser, type Page } from './client/browser.ts';
import { OpenIdBroker } from './client/openid-broker.ts';
import { NOWHERE } from './client/saml-broker.ts';
import { type Json, type ScimWorld, startScimWorld } from './client/scim-world.ts';

let world: ScimWorld;
let broker: OpenIdBroker;
before(async () => {
  world = await startScimWorld();
  broker = await OpenIdBroker.start(world.clock);
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(() => {
  world.sandbox.reset();
  broker.reset();
  world.sandbox.registerBroker({ publicUrl: broker.origin });
});

const at = (path: string): string => world.sandbox.url('wiki', path);
const signIn = (browser = new Browser()): Promise<Page> => browser.open(at('/login?to=/me'), NOWHERE);
const sessions = (): number => (world.sandbox.system('wiki').state() as Json).sessions.length;
const fact = ({ body }: Page, name: string): string | undefined =>
  new RegExp(`data-account="${name}">([^<]*)<`).exec(body)?.[1];
const setActive = (id: string, value: boolean) =>
  world.patch(`/Users/${id}`, { op: 'replace', path: 'active', value });

test('whoever signs in has the account whose externalId is the subject, and its groups', async () => {
  const { id } = await world.user({ userName: 'mira@halden.example', externalId: 'per_mira' });
  await world.group('Writers', [id]);
  const page = await signIn();

  assert.deepEqual(
    ['userName', 'active', 'groups'].map((name) => fact(page, name)),
    ['mira@halden.example', 'true', 'Writers'],
  );
});

test('an equal name or mail address joins nobody', async () => {
  broker.claims = {
    ...broker.claims,
    email: 'mira@halden.example',
    preferred_username: 'mira@halden.example',
  };
  await world.user({ userName: 'mira@halden.example', emails: [{ value: 'mira@halden.example' }] });

  assert.match((await signIn()).body, /The wiki has no account of yours/);
});

test('an inactive account is refused after the sign-in at the broker, or let in by switch', async () => {
  const { id } = await world.user({ userName: 'mira', externalId: 'per_mira', active: false });
  const refused = await signIn();
  world.turn({ inactiveAccount: 'let-in' });
  const letIn = await signIn();
  world.turn({ inactiveAccount: 'refused' });
  await setActive(id, true);

  assert.equal(refused.status, 403);
  assert.match(refused.body, /data-field="problem">Your account in the wiki is not active/);
  assert.equal(fact(letIn, 'active'), 'false');
  assert.equal((await signIn()).status, 200);
  assert.match(JSON.stringify(world.sandbox.system('wiki').state()['refusals']), /not active/);
});

test('who has no account is let in, or refused by switch', async () => {
  const letIn = await signIn();
  world.turn({ unknownAccount: 'refused' });
  const refused = await signIn();

  assert.deepEqual([letIn.status, refused.status], [200, 403]);
  assert.match(refused.body, /You have no account in the wiki/);
});

test('a session ends when its account becomes inactive, or survives by switch', async () => {
  const { id } = await world.user({ userName: 'mira', externalId: 'per_mira' });
  const [one, two] = [new Browser(), new Browser()];
  await signIn(one);
  await signIn(two);
  world.turn({ sessionOfInactive: 'survives' });
  await setActive(id, false);
  const survives = await one.visit(at('/me'));
  world.turn({ sessionOfInactive: 'ends' });
  const ends = await two.visit(at('/me'));

  assert.equal(survives.status, 200);
  assert.equal(ends.headers.location, '/login?to=/me');
  assert.equal(sessions(), 1);
});

test('a session ends when its account is removed; one that never had an account goes on', async () => {
  const { id } = await world.user({ userName: 'mira', externalId: 'per_mira' });
  const [mira, noah] = [new Browser(), new Browser()];
  await signIn(mira);
  broker.claims = { sub: 'per_noah', name: 'Noah Whitfield' };
  await signIn(noah);
  await world.call('DELETE', `/Users/${id}`);

  assert.equal((await mira.visit(at('/me'))).status, 302);
  assert.equal((await noah.visit(at('/me'))).status, 200);
});
