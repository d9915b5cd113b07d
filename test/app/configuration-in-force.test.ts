import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readConfigurationInForce } from '../../src/app/configuration-in-force.ts';
import { ConfigFile, type Configuration, checkFile, expand } from '../../src/app/index.ts';
import { parseConfig } from '../../src/platform/config/index.ts';
import type { OnNotify } from '../../src/platform/database/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { ObjectStore } from '../../src/relying-parties/index.ts';
import { until } from '../support/evidence.ts';

// How a process hears of what others wrote, and what it does when it cannot use it.

const DEMO = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'demo.yaml'), 'utf8');
const file = (): Configuration => expand(parseConfig(DEMO, '/', ConfigFile, checkFile));

async function openProcess() {
  const ids: string[] = [];
  const puts: (readonly string[])[] = [];
  const events: string[] = [];
  let tell: OnNotify = () => undefined;
  let failures = 0;
  let reads = 0;
  const objects: Pick<ObjectStore, 'read' | 'mark'> = {
    async read() {
      reads += 1;
      const now = new Date(0);
      return {
        objects: ids.map((id) => ({
          ...{ id, version: 1, createdAt: now, updatedAt: now },
          document: {
            ...{ id, kind: 'oidc', roles: [{ id: 'editor' }], clientSecrets: ['a-secret'] },
            redirectUris: ['https://catalog.example/callback'],
          },
        })),
        deleted: [],
        mark: ids.join(),
      };
    },
    mark: async () => ids.join(),
  };
  const inForce = await readConfigurationInForce({
    ...{ file: file(), objects: objects as ObjectStore, log: silentLog },
    accessLog: {
      append: async ({ type, facts }) => {
        events.push(`${type} ${JSON.stringify(facts['added'])}`);
        return 'evt_x';
      },
    },
  });
  const following = await inForce.follow(
    async (config) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('no broker could be built');
      }
      puts.push(config.relyingParties.filter(({ origin }) => origin === 'api').map(({ id }) => id));
    },
    async (_channel, onNotify) => {
      tell = onNotify;
      return { [Symbol.asyncDispose]: async () => undefined };
    },
  );
  return {
    ...{ inForce, ids, puts, events },
    tell: (payload: string | undefined) => tell(payload),
    failNext: () => {
      failures += 1;
    },
    reads: () => reads,
    [Symbol.asyncDispose]: () => following[Symbol.asyncDispose](),
  };
}

suite('a process that follows what is registered', () => {
  test('takes over what it is told of, and records it', async () => {
    await using process = await openProcess();
    process.ids.push('catalog');
    process.tell('');
    await until('it is in force', () => process.puts.length === 1);

    assert.deepEqual(process.puts, [['catalog']]);
    await until('it is recorded', () => process.events.length === 1);
    assert.deepEqual(process.events, ['config.applied ["relyingParties/catalog"]']);
  });

  test('looks for itself when its connection was lost and is back', async () => {
    await using process = await openProcess();
    process.ids.push('catalog');
    process.tell(undefined);
    await until('it is in force', () => process.puts.length === 1);
  });

  test('does nothing when nothing has changed', async () => {
    await using process = await openProcess();
    const before = process.reads();
    await process.inForce.refresh();
    await process.inForce.refresh();

    assert.deepEqual([process.puts, process.reads()], [[], before]);
  });

  test('puts many changes in force with one', async () => {
    await using process = await openProcess();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        process.ids.push(`app-${index}`);
        return process.inForce.refresh();
      }),
    );

    assert.ok(process.puts.length <= 2, `${process.puts.length}`);
    assert.equal(process.puts.at(-1)?.length, 20);
  });

  test('stays with the former one when the next cannot be used, says so, and tries again', async () => {
    await using process = await openProcess();
    process.ids.push('catalog');
    process.failNext();
    await assert.rejects(process.inForce.refresh(), /no broker could be built/);
    assert.ok(process.inForce.config.relyingParties.every(({ origin }) => origin === undefined));

    await process.inForce.refresh();

    assert.deepEqual(process.puts, [['catalog']]);
  });

  test('keeps them when the file changes', async () => {
    await using process = await openProcess();
    process.ids.push('catalog');
    await process.inForce.refresh();
    await process.inForce.apply({ ...file(), organisation: 'Halden Group' }, { via: 'file' });

    assert.deepEqual(process.puts.at(-1), ['catalog']);
    assert.equal(process.inForce.config.organisation, 'Halden Group');
  });
});
