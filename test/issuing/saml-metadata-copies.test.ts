import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DAY, HOUR } from '../../src/base/index.ts';
import { samlSettingsOf } from '../../src/issuing/saml/kinds.ts';
import type { MetadataCopies } from '../../src/issuing/saml/metadata-copies.ts';
import { createTrust } from '../../src/issuing/saml/trust.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { ACS, openIdpWorld, SP } from './saml-world.ts';

// How often metadata is read, its publisher may say; how much is written for it is ours to bound.

test('the copy of metadata in the database is written no more often than configured, however often it is read, unless it changes', async () => {
  await using server = await serve();
  await using world = await openIdpWorld(() => [
    {
      ...{ id: 'wiki', kind: 'saml', metadataUrl: server.url, roles: [{ id: 'reader' }] },
      ...{ refreshInterval: '1d', metadataMaxAge: '1h' },
    },
  ]);
  await using http = createHttpClient({ allowInsecureLoopback: true });
  const written: Date[] = [];
  const copies: MetadataCopies = {
    keep: async (_relyingParty, _url, { at }) => void written.push(at),
    read: async () => undefined,
  };
  const settings = samlSettingsOf(world.party()) ?? assert.fail();
  using trust = createTrust('wiki', settings, {
    ...{ http, copies, clock: world.clock, log: silentLog, allowInsecureLoopback: true },
  });
  const start = world.clock.now();
  /** Too old to be given out, so it is read before the answer. */
  const readAgain = async (): Promise<number> => {
    world.clock.advance(HOUR);
    await trust.get();
    return written.length;
  };

  await trust.get();
  assert.deepEqual(written, [start]);
  assert.deepEqual([await readAgain(), await readAgain()], [1, 1]);
  server.acs = 'https://wiki.example/moved';
  assert.deepEqual([await readAgain(), await readAgain()], [2, 2]);
  world.clock.advance(DAY);
  assert.equal(await readAgain(), 3);
  assert.equal(server.requests, 6);
});

function metadataOf(acs: string): string {
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SP}">` +
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
    `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="0"/>` +
    '</md:SPSSODescriptor></md:EntityDescriptor>'
  );
}

async function serve() {
  const state = { acs: ACS, requests: 0 };
  const server = createServer((_request, response) => {
    state.requests += 1;
    response.end(metadataOf(state.acs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://wiki.localhost:${(server.address() as AddressInfo).port}/metadata`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
