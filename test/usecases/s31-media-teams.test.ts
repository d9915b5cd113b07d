import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { act, eventBehind, eventsOf, threadOf } from '../support/evidence.ts';
import {
  groupsOf,
  iconikState,
  iconikUser,
  named,
  run,
  TARGET,
  type Tree,
  todaysClock,
  writes,
} from '../support/iconik.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S31: users, groups and roles for media teams, in iconik.

const RAVI = 'ravi@halden.example';
const mailsOf = async (world: World): Promise<readonly string[]> =>
  (await iconikState(world)).users.map(({ email }) => email).sort();

/** Who has an account there already may be taken over, if this directory vouches for the mail domain. */
const adopting: WorldOptions['configure'] = (config: Tree) => {
  config.targets.find(named(TARGET)).onExisting = 'adopt';
  config.connections[0].trustedMailDomains = ['halden.example'];
};

function replaceParty(config: Tree, party: Tree): void {
  config.relyingParties = config.relyingParties.map((each: Tree) => (each.id === party.id ? party : each));
}

test('a first login makes the user in the groups of the rules, and SAML then lets exactly this user in', async () => {
  await using world = await startWorld();
  const before = await mailsOf(world);

  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.url.hostname, 'iconik.localhost');
  assert.match(page.text, /Ravi Menon/);
  assert.deepEqual(await mailsOf(world), [...before, RAVI].sort());
  const user = await iconikUser(world, RAVI);
  assert.deepEqual([...user.groups].sort(), ['Editors', 'Media EMEA']);
  assert.deepEqual([user.type, user.status, user.primary_group], ['STANDARD', 'ACTIVE', 'Editors']);
  assert.equal(user.system_metadata.saml_created, false, 'it was there before the assertion came');
  assert.match(page.text, /Groups\s*Editors, Media EMEA/);
  const library = (await act(world, 'iconik', 'library-of', { email: RAVI })) as { roles: string[] };
  assert.ok(library.roles.includes('can_write_assets'), 'what editors may do came with the group');
  assert.deepEqual(await writes(world), ['POST /users/v1/users/']);
});

test('the access log leads from the entry to the rules, the user and the change, under one reference', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  const thread = await threadOf(world, issued?.thread ?? '');

  assert.deepEqual([issued?.relyingParty, issued?.facts['because']], ['iconik', ['media', 'media-emea']]);
  const created = thread.find(({ type }) => type === 'account.created');
  assert.equal(created?.target, TARGET);
  assert.equal(created?.facts['externalId'], (await iconikUser(world, RAVI)).id);
});

test('a second login, and one of another browser a day later, change nothing and make nobody', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'ravi', '/launch/iconik');
  const [user, people, changes] = [await iconikUser(world, RAVI), await mailsOf(world), await writes(world)];

  await browser.open(`${world.origin}/launch/iconik`);
  world.clock.advance(25 * HOUR);
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.url.hostname, 'iconik.localhost');
  assert.deepEqual(await mailsOf(world), people);
  assert.deepEqual(await writes(world), changes);
  assert.equal((await iconikUser(world, RAVI)).id, user.id);
});

test('somebody whose groups give no access is refused, and nothing is made', async () => {
  await using world = await startWorld();
  const before = await mailsOf(world);

  const page = await world.signIn(world.browser(), 'mira', '/launch/iconik');

  assert.equal(page.status, 403);
  assert.deepEqual(await mailsOf(world), before);
  assert.deepEqual(await writes(world), []);
});

for (const how of ['by hand', 'by a sign-on before the target was configured'] as const) {
  test(`a user who was made ${how} is taken over as policy says, and stays the only one`, async () => {
    const isByHand = how === 'by hand';
    await using world = await startWorld({
      configure: (config: Tree) => {
        adopting?.(config);
        if (isByHand) return;
        const { target: _none, ...party } = config.relyingParties.find(named('iconik'));
        const roles = party.roles.map(({ account: _nothing, ...role }: Tree) => role);
        replaceParty(config, { ...party, roles });
      },
    });
    if (isByHand) {
      const names = { email: RAVI, firstName: 'Ravi', lastName: 'Menon' };
      const groups = { groups: ['Media NA', 'Reviewers'], primaryGroup: 'Reviewers' };
      await act(world, 'iconik', 'add-user', { ...names, type: 'POWER', ...groups });
    } else {
      await world.signIn(world.browser(), 'ravi', '/launch/iconik');
      const withTarget = world.demo().relyingParties.find(named('iconik'));
      await world.apply((config: Tree) => replaceParty(config, withTarget));
    }
    const before = await iconikUser(world, RAVI);
    const people = await mailsOf(world);

    const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

    assert.equal(page.url.hostname, 'iconik.localhost', page.text);
    assert.deepEqual(await mailsOf(world), people);
    const user = await iconikUser(world, RAVI);
    assert.deepEqual([user.id, user.type, user.primary_group], [before.id, 'STANDARD', 'Editors']);
    assert.ok(['Editors', 'Media EMEA'].every((group) => user.groups.includes(group)));
    assert.ok((await writes(world)).every((call) => call !== 'POST /users/v1/users/'));
    const [adopted, ...others] = await eventsOf(world, { types: ['account.adopted'] });
    assert.deepEqual([adopted?.facts['externalId'], others], [before.id, []]);
  });
}

test('without that policy somebody with an account there is refused, and the account is left as it is', async () => {
  await using world = await startWorld();
  const stranger = { email: RAVI, firstName: 'Somebody', lastName: 'Else', groups: ['Media NA'] };
  await act(world, 'iconik', 'add-user', stranger);
  const [before, people] = [await iconikUser(world, RAVI), await mailsOf(world)];

  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.status, 403);
  assert.match(page.text, /mail address is already in use/);
  assert.equal((await eventBehind(world, page, 'account.refused')).code, 'provisioning.mail_taken');
  assert.deepEqual(await iconikUser(world, RAVI), before);
  assert.deepEqual(await mailsOf(world), people);
});

test('an import links who is there already, twice changes nothing, and the next login makes nobody', async () => {
  await using world = await startWorld({ clock: todaysClock(), configure: adopting });
  await act(world, 'iconik', 'add-user', { email: RAVI, firstName: 'Ravi', groups: ['Reviewers'] });
  // The directory knows him by now; in iconik he never was by our way.
  await world.signIn(world.browser(), 'ravi', '/launch/wiki');
  const [before, people] = [await iconikUser(world, RAVI), await mailsOf(world)];

  const first = await run(world, 'import', TARGET);
  const imported = await groupsOf(world, RAVI);
  const changes = await writes(world);
  const second = await run(world, 'import', TARGET);

  assert.match(first, / 1 linked, 0 ambiguous/);
  assert.match(second, /: 0 created, 0 linked, 0 ambiguous/);
  assert.ok(imported.includes('Editors') && imported.includes('Media EMEA'));
  assert.deepEqual(await writes(world), changes);
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  assert.equal(page.url.hostname, 'iconik.localhost');
  assert.deepEqual(await mailsOf(world), people);
  assert.equal((await iconikUser(world, RAVI)).id, before.id);
});
