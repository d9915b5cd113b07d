import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ControlPanelTarget,
  RoleMeaning,
} from '../../src/provisioning/connectors/bigcommerce-control-panel/config.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { background, type PanelOptions, settingsOf, startPanels } from './control-panel-world.ts';

const URL_OF_API = 'https://api.bigcommerce.com';
const connector = connectors.get('bigcommerce-control-panel') ?? assert.fail('not registered');

function problems(own: Readonly<Record<string, unknown>>): readonly string[] {
  const found = connector.checkTarget(settingsOf(URL_OF_API, own), { attributes: {} });
  return found.map(({ path, message }) => `${path}: ${message}`);
}

suite('settings', () => {
  test('the token is a secret, and the account is asked for at most seventy calls an hour', () => {
    const settings = settingsOf(URL_OF_API);

    assert.doesNotMatch(JSON.stringify(settings), /sandbox-token/);
    assert.equal(settings.callsPerHour, 70);
    assert.deepEqual(connector.policy(settings).rate, { calls: 70, perMs: 3_600_000, reserved: 21 });
    assert.equal(ControlPanelTarget.safeParse({ ...settings, callsPerHour: 71 }).success, false);
  });

  for (const [what, own] of [
    ['an account id with a path', { accountUuid: '../stores/x' }],
    ['no token', { api: [] }],
    ['a permission that is no code', { templates: { staff: ['edit products'] } }],
    ['a name of a template with spaces', { templates: { 'My staff': ['Edit_Products'] } }],
    ['an unknown way to combine roles', { combine: 'both' }],
    ['a setting that is misspelt', { ladders: {} }],
  ] as const) {
    test(`${what} is a problem`, () => {
      assert.throws(() => settingsOf(URL_OF_API, own));
    });
  }

  test('a token twice, a permission twice and what everybody has are problems with their place', () => {
    const token = { accessToken: 'the-same' };

    assert.deepEqual(
      problems({
        api: [token, token],
        templates: { staff: ['Edit_Products', 'Edit_Products'], guests: ['No_Permission_Required'] },
      }).map((problem) => problem.split(':')[0]),
      ['api[1].accessToken', 'templates.staff', 'templates.guests'],
    );
    assert.deepEqual(problems({}), []);
  });
});

suite('what a role stands for', () => {
  for (const [what, account] of [
    ['nothing at all', {}],
    ['a template and permissions', { template: 'staff', permissions: ['Edit_Products'] }],
    ['some other word than any', { permissions: 'all' }],
    ['a permission that is no code', { permissions: ['Edit Products'] }],
    ['something unheard of', { template: 'staff', group: 'Staff' }],
  ] as const) {
    test(`${what} is a problem (R4.5)`, () => {
      assert.equal(RoleMeaning.safeParse(account).success, false);
    });
  }

  test('a template, a list or any is fine; an empty list means that nothing is allowed', () => {
    for (const account of [
      { template: 'staff' },
      { permissions: ['Edit_Products'] },
      { permissions: [] },
      { permissions: 'any' },
    ]) {
      assert.equal(RoleMeaning.safeParse(account).success, true);
    }
  });
});

suite('what the account says to the configuration', () => {
  async function complaints(options: PanelOptions): Promise<readonly string[]> {
    await using world = await startPanels(options);
    const answer = await world.target.prepare(background());
    assert.ok(answer.outcome === 'prepared');
    return answer.problems.map(({ path, message }) => `${path}: ${message}`);
  }

  test('nothing, when both agree', async () => {
    assert.deepEqual(await complaints({}), []);
  });

  test('stores, templates and permissions that it does not know', async () => {
    const found = await complaints({
      roles: {
        emea: { lost: { template: 'nowhere' }, odd: { permissions: ['Edit_Prodcuts'] } },
        moon: { guest: { permissions: 'any' } },
      },
    });

    assert.deepEqual(
      found.map((problem) => problem.split(':')[0]),
      ['relyingParties.panel-moon.storeHash', 'templates.nowhere', 'templates'],
    );
    assert.match(found.join('\n'), /Edit_Prodcuts/);
  });

  test('what was found out is kept for another process', async () => {
    await using world = await startPanels();
    const answer = await world.target.prepare(background());
    assert.ok(answer.outcome === 'prepared');
    const other = world.open();
    const before = other.unresolved({ stores: ['haldenemea'] });

    other.restore(JSON.parse(JSON.stringify(answer.facts)));

    assert.deepEqual(before, ['store haldenemea']);
    assert.deepEqual(other.unresolved({ stores: ['haldenemea', 'elsewhere'] }), ['store elsewhere']);
    other.restore('nonsense');
    assert.deepEqual(other.unresolved({ stores: ['haldenemea'] }), []);
  });
});
