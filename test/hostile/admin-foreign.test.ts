import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { mock, test } from 'node:test';
import { createLog } from '../../src/platform/log/index.ts';
import { openApi, withMachines } from '../support/admin-api.ts';
import { until } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// R8.1: a name may be public when it is registered and lead inside when it is looked up. What the broker calls for an
// object of the API is judged by the address that it is about to connect to.

const INSIDE = 'inside.example';

/** A listener on this machine that the name `inside.example` leads to. */
async function openInside() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const original = dns.lookup;
  const look = mock.method(dns, 'lookup', ((host: string, options: object, callback: never) =>
    original(host === INSIDE ? '127.0.0.1' : host, options, callback)) as never);
  syncBuiltinESMExports();
  return {
    url: `https://${INSIDE}:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      look.mock.restore();
      syncBuiltinESMExports();
      server.close();
      await once(server, 'close');
    },
  };
}

test('metadata and stores of registered applications are not fetched inside the network; those of the file are', async () => {
  await using inside = await openInside();
  const lines: string[] = [];
  const written = new PassThrough();
  written.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  await using world = await startWorld({ configure: withMachines, log: createLog('warn', written) });
  const api = await openApi(world);
  const handbook = {
    ...{ id: 'handbook', kind: 'saml', roles: [{ id: 'reader' }] },
    ...{ entityId: 'https://handbook.example', metadataUrl: `${inside.url}/metadata` },
  };
  const shop = {
    ...{ id: 'shop', kind: 'bigcommerce-storefront', storeHash: 'abc', channelId: 1, apiUrl: inside.url },
    ...{ login: [{ clientId: 'x', clientSecret: 'y' }], api: [{ accessToken: 'z' }] },
    roles: [{ id: 'buyer' }],
  };
  const isSaid = (id: string) => () =>
    lines.some((line) => line.includes(`"${id}"`) && line.includes('did not answer'));

  for (const body of [handbook, shop]) assert.equal((await api.create(body)).status, 201);
  await until('the metadata was tried', isSaid('handbook'));
  await until('the store was tried', isSaid('shop'));

  assert.equal(inside.connections(), 0);
  for (const id of ['handbook', 'shop']) assert.equal((await api.remove(id)).status, 204);
  await world.apply((config) => config.relyingParties.push({ ...handbook, id: 'of-the-file' }));
  await until('the file reaches it', () => inside.connections() > 0);
});
