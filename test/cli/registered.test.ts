import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { migrations } from '../../src/app/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { KeysConfig, loadMasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { createObjectStore } from '../../src/relying-parties/index.ts';
import { DEMO, openCommandLine } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';

// What was registered over the API is part of what `vestibule check` looks at.

const RULE = `${DEMO}
  - { id: catalogue, when: 'true', give: [{ relyingParty: catalog, roles: [editor] }] }
`;

test('check names registered relying parties, and why one does not work', async () => {
  await using database = await createTestDatabase(migrations);
  const variables = {
    DATABASE_URL: database.url,
    VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
  };
  using command = openCommandLine({ variables, config: RULE });
  const nowhere = await command.run('check');
  await store();

  const { code, out, err } = await command.run('check');

  assert.equal(nowhere.code, 2, nowhere.out);
  assert.match(nowhere.err, /unknown relying party "catalog"/);
  assert.match(out, /^ok +relying party catalog \(API\)$/m, err);
  assert.match(out, /^problem relying party lost \(API\)\n +resources\[0\]: no relying party/m);
  assert.equal(code, 1);

  async function store(): Promise<void> {
    const { masterKeys } = await loadMasterKey({ env: variables, hasSealedData: async () => false });
    await using keys = await openKeys({
      ...{ db: database.db, clock: systemClock, masterKeys, listen: database.listen },
      rotation: KeysConfig.parse({}),
      events: { record: async () => undefined },
    });
    const objects = createObjectStore({ db: database.db, keys, clock: systemClock });
    await objects.warmUp();
    await database.db.transaction().execute(async (trx) => {
      for (const [id, resources] of [
        ['catalog', []],
        ['lost', ['nowhere']],
      ] as const) {
        await objects.put(trx, {
          ...{ id, kind: 'oidc', roles: [{ id: 'editor' }], clientSecrets: ['a-secret'], resources },
          redirectUris: ['https://catalog.example/callback'],
        });
      }
    });
  }
});

test('check --offline says which names it cannot look up', async () => {
  using command = openCommandLine({ config: RULE });

  const { code, out } = await command.run('check', '--offline');

  assert.equal(code, 0);
  assert.match(out, /^warning rules name what is not in this file: catalog\./m);
});
