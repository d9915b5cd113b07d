import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { newId, type PersonId } from '../../src/base/index.ts';
import { createSamlNames, migrations } from '../../src/issuing/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// An application may know some by their address and, where there is none, others by our own id: `has(person.mail) ?
// person.mail : person.id`. Our ids are no secret, and a connection says whatever it likes as somebody's address.

test('our id of a person is nobody else’s name, however it is written', async () => {
  await using database = await createTestDatabase(migrations);
  const names = createSamlNames({
    db: database.db,
    keys: { lookup: (purpose, value) => createHmac('sha256', purpose).update(value).digest('hex') },
    clock: new ManualClock(),
    trustedWith: () => [],
    knownBy: async () => [],
  });
  const [victim, mallory] = [newId('per'), newId('per')];
  const mayBear = (personId: PersonId, name: string) =>
    names.mayBear({ relyingParty: 'films', name, personId, connection: 'partners' });

  for (const name of [victim, victim.toUpperCase(), ` ${victim}.`, victim.replace('_', '\uff3f')]) {
    assert.equal(await mayBear(mallory, name), false, name);
  }
  assert.equal(await mayBear(victim, victim), true);
  assert.equal(await mayBear(mallory, 'per_se'), true);
});
