import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { demoConfiguration } from '../../src/cli/demo-world.ts';
import { openCommandLine } from '../support/command-line.ts';
import { act, changePerson, customersMade, storeState } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S18, with `vestibule check` as the screen: attribute mapping with a mandatory id.

test('a mapping without the stable id is refused, with its place in the file and what to write there', async () => {
  const { code, text } = await checkMapping({ department: 'department' });

  assert.equal(code, 2);
  assert.match(text, /targets\[0\]\.attributes\.vestibule_id: missing; .*add vestibule_id: id/);
});

test('a mapping that takes the id from something that changes is refused', async () => {
  const { code, text } = await checkMapping({ vestibule_id: 'login', department: 'department' });

  assert.equal(code, 2);
  assert.match(text, /targets\[0\]\.attributes\.vestibule_id: "login" is not a stable id/);
});

test('a mapping with the stable id is accepted', async () => {
  const { code, text } = await checkMapping({ vestibule_id: 'id' });

  assert.equal(code, 0, text);
  assert.match(text, /^ok +configuration/m);
});

test('the link is kept by the id: new mail in the directory, another mail in the store, still the same customer', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  const [before] = await customersMade(world, 'store-emea');
  const marker = await stableIdOf(before?.id ?? 0);
  assert.match(marker ?? '', /^[a-z0-9]{20,}$/);

  await changePerson(world, 'mira', { mail: 'new@halden.example', login: 'mira.new' });
  const change = { email: 'by-hand@halden.example' };
  await act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id: before?.id, change });
  await world.signIn(world.browser(), 'mira.new', '/launch/store-emea');

  const customers = await customersMade(world, 'store-emea');
  assert.deepEqual(
    customers.map(({ id, email }) => [id, email]),
    [[before?.id, 'new@halden.example']],
  );
  assert.equal(await stableIdOf(before?.id ?? 0), marker);

  async function stableIdOf(customer: number): Promise<string | undefined> {
    const { attributes, attributeValues } = await storeState(world, 'store-emea');
    const definition = attributes.find(({ name }) => name === 'vestibule_id');
    const value = attributeValues.find(
      (each) => each.attribute_id === definition?.id && each.customer_id === customer,
    );
    return value?.value;
  }
});

test('a shopper who has the mail of somebody new is not linked, however well the mail fits', async () => {
  await using world = await startWorld();
  const seeded = (await storeState(world, 'store-emea')).customers.find(
    ({ email }) => email === 'dup@halden.example',
  );

  const page = await world.signIn(world.browser(), 'dup', '/launch/store-emea');

  assert.equal(page.status, 403);
  assert.deepEqual(await customersMade(world, 'store-emea'), []);
  const now = (await storeState(world, 'store-emea')).customers.find(({ id }) => id === seeded?.id);
  assert.deepEqual(now, seeded);
});

/** `vestibule check --offline` on the demo's configuration with this mapping in its first target. */
async function checkMapping(attributes: Record<string, string>): Promise<{ code: number; text: string }> {
  const tree = parse(demoConfiguration({ broker: 3000, sandbox: 3002 }));
  tree.targets[0].attributes = attributes;
  using command = openCommandLine({ config: stringify(tree) });
  const { code, out, err } = await command.run('check', '--offline');
  return { code, text: out + err };
}
