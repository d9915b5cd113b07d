import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf } from '../support/evidence.ts';
import { openSamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// Whoever bears a name at an application keeps it; `vestibule names` shows who that is, and gives it to somebody else.

const twoNoahs: WorldOptions['configure'] = (config) => {
  for (const connection of config.connections) {
    delete connection.sharedKey;
    connection.trustedMailDomains = [];
  }
  config.relyingParties.push(
    samlRegistration('films', { nameId: { format: 'emailAddress', value: 'person.mail' } }),
  );
  config.rules.push({
    ...{ id: 'everybody', when: 'person.mail == "noah@halden.example"' },
    give: [{ relyingParty: 'films', roles: ['reader'] }],
  });
};

function paused(world: World): Browser {
  const browser = world.browser();
  const { acs } = openSamlApplication(world, 'films');
  browser.pauseAt((url) => url.href === acs);
  return browser;
}

const throughOtds = (world: World): Promise<Page> => world.signIn(paused(world), 'noah', '/launch/films');

async function throughAccessManager(world: World): Promise<Page> {
  const chooser = await paused(world).open(`${world.origin}/launch/films`);
  const form = await chooser.click('Access Manager');
  return form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
}

const isIn = (page: Page): boolean => page.forms.some(({ fields }) => 'SAMLResponse' in fields);

test('a name is shown with its bearer and given to another person, who enters with it from then on', async () => {
  await using world = await startWorld({ configure: twoNoahs });
  const before = [isIn(await throughOtds(world)), isIn(await throughAccessManager(world))];
  const made = await eventsOf(world, { types: ['person.created'] });
  const [first = '', second = ''] = ['otds', 'access-manager'].map(
    (id) => made.find(({ connection }) => connection === id)?.personId,
  );

  const listed = await world.vestibule(['names', 'films']);
  const shown = await world.vestibule(['names', 'films', 'Noah@halden.example']);
  const unclear = await world.vestibule(['names', 'films', 'noah@halden.example', 'noah']);
  const given = await world.vestibule(['names', 'films', 'noah@halden.example', second]);
  const twice = await world.vestibule(['names', 'films', 'noah@halden.example', second]);
  const after = [isIn(await throughOtds(world)), isIn(await throughAccessManager(world))];

  assert.deepEqual(
    [before, after],
    [
      [true, false],
      [false, true],
    ],
  );
  assert.match(listed.out, new RegExp(`^films {2}.*\\(noah\\) {2}${first} {2}through otds, since `));
  assert.match(shown.out, new RegExp(`\\(${first}\\) bears Noah@halden.example at films`));
  assert.deepEqual([unclear.code, given.code, twice.code], [2, 0, 0], given.err + twice.err);
  assert.match(given.out, new RegExp(`bears noah@halden.example at films, and ${first} does not any more`));
  assert.match(twice.out, /already$/m);
  const events = await eventsOf(world, { types: ['name.given'] });
  assert.deepEqual(
    events.map(({ personId, relyingParty, facts }) => [personId, relyingParty, facts]),
    [[second, 'films', { by: 'cli', former: first }]],
  );
});

test('a name of a domain that another connection is trusted with is not given, nor one that is an id', async () => {
  await using world = await startWorld({ configure: twoNoahs });
  await throughAccessManager(world);
  const [{ personId = '' } = {}] = await eventsOf(world, { types: ['person.created'] });
  const trusting: WorldOptions['configure'] = (config) => {
    config.connections[0].trustedMailDomains = ['halden.example'];
  };

  const refused = await world.vestibule(['names', 'films', 'noah@halden.example', personId], trusting);
  const anId = await world.vestibule(['names', 'films', personId, personId]);
  const nobody = await world.vestibule(['names', 'films', 'tess@halden.example']);
  const nowhere = await world.vestibule(['names', 'moon']);

  assert.deepEqual([refused.code, anId.code, nobody.code, nowhere.code], [1, 1, 1, 2]);
  assert.match(refused.err, /is trusted to otds, which does not know .* by it/);
  assert.match(anId.err, /is an id of ours/);
  assert.match(nobody.err, /nobody bears tess@halden\.example at films/);
  assert.deepEqual(await eventsOf(world, { types: ['name.given'] }), []);
});
