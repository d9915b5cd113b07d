import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { Upstream } from '../../src/federation/index.ts';
import {
  bareCertificate,
  CBC_ENCRYPTION,
  CONTENT_ENCRYPTION,
  type Incoming,
  readLogoutMessage,
  receiveMessage,
} from '../../src/saml/index.ts';
import { anywhereNamed } from '../../src/xml/index.ts';
import { encryptTo } from '../support/saml-idp.ts';
import { SamlPeer } from '../support/saml-peer.ts';
import { inlineConfig, openSamlWorld, PUBLIC_URL, type SamlWorld, upstreamOf } from './saml-world.ts';

// Names of people in logout messages between us and an upstream, encrypted. Everything else about these messages is in
// test/hostile/logout-messages.test.ts.

const SLO = `${PUBLIC_URL}/login/am/slo`;
const UPSTREAM_SLO = 'https://idp.example/saml/slo';
const BACK = { url: new URL(PUBLIC_URL), state: 's' };
const SESSION = { nameId: 'p-mira', nameIdFormat: 'urn:x', sessionIndex: 'si-1' };

function open(world: SamlWorld, more: object = {}, use: 'both' | 'signing' = 'both'): Upstream {
  const metadata = world.idp
    .metadata()
    .replace('use="signing"', use === 'both' ? '' : 'use="signing"')
    .replace(
      '<md:SingleSignOnService',
      (tag) =>
        `<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${UPSTREAM_SLO}"/>${tag}`,
    );
  return upstreamOf(world.open(() => [inlineConfig(world.idp, { metadata, ...more })]));
}

function peerOf(world: SamlWorld): SamlPeer {
  return new SamlPeer({
    ...{ entityId: world.idp.entityId, key: world.idp.key, clock: world.clock, theirSlo: SLO },
  });
}

test('our request names the person encrypted where the connection says so, and only the upstream reads it', async () => {
  await using world = await openSamlWorld();
  const upstream = open(world, { encryptLogout: 'aes256-gcm' });

  const begun = await upstream.logout?.begin(SESSION, BACK);

  assert.ok(begun?.go.kind === 'post');
  const { fields } = begun.go;
  const xml = Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString();
  assert.doesNotMatch(xml, /p-mira|NameID/);
  const read = await readLogoutMessage(receiveMessage({ binding: 'post', fields }), {
    ...{ issuer: `${PUBLIC_URL}/login/am/metadata`, destination: new URL(UPSTREAM_SLO) },
    keys: [new X509Certificate(world.spKey.certificatePem).publicKey],
    ...{ now: world.clock.now(), spendOnce: async () => true, closeRequest: async () => false },
    decryption: async () => ({
      privateKeyPems: [world.idp.key.privateKeyPem],
    }),
  });
  assert.ok(read.kind === 'request');
  assert.deepEqual(read.nameId, { value: 'p-mira', format: 'urn:x' });
});

test('without a certificate of the upstream to encrypt for, the name does not leave in clear instead', async () => {
  await using world = await openSamlWorld();
  const upstream = open(world, { encryptLogout: 'aes256-gcm' }, 'signing');

  await assert.rejects(async () => upstream.logout?.begin(SESSION, BACK), {
    code: 'federation.upstream_misbehaved',
  });
});

test('the first certificate of the configuration is encrypted for, where there is no metadata', async () => {
  await using world = await openSamlWorld();
  const upstream = open(world, {
    ...{ metadata: undefined, entityId: world.idp.entityId, ssoUrl: world.idp.ssoUrl, sloUrl: UPSTREAM_SLO },
    ...{ certificates: [{ certificate: world.idp.key.certificatePem }], encryptLogout: 'aes128-gcm' },
  });

  const begun = await upstream.logout?.begin(SESSION, BACK);

  assert.ok(begun?.go.kind === 'redirect');
  const { root } = receiveMessage({ binding: 'redirect', query: begun.go.url.search.slice(1) });
  const shown = anywhereNamed(root.ownerDocument, 'X509Certificate').map(({ textContent }) => textContent);
  assert.deepEqual(shown, [bareCertificate(world.idp.key.certificatePem)]);
});

const [GCM] = CONTENT_ENCRYPTION;
const [CBC] = CBC_ENCRYPTION;
const NAME = '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">p-mira</saml:NameID>';

async function theirRequest(world: SamlWorld, content: string): Promise<Incoming> {
  const transport = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';
  const { certificatePem } = world.spKey;
  const data = await encryptTo(NAME, { content, transport, certificatePem });
  const xml = peerOf(world)
    .request({ indexes: ['si-1'] })
    .replace('<saml:NameID></saml:NameID>', `<saml:EncryptedID>${data}</saml:EncryptedID>`);
  return { binding: 'post', fields: peerOf(world).post(xml) };
}

test('a request of the upstream may name the person encrypted', async () => {
  await using world = await openSamlWorld();

  const read = await open(world).logout?.receive?.(await theirRequest(world, GCM), async () => false);

  assert.ok(read?.kind === 'request');
  assert.deepEqual([read.subject, read.sessions], ['p-mira', ['si-1']]);
});

test('in AES-CBC only where the connection accepts it', async () => {
  await using world = await openSamlWorld();
  const accepting = open(world, { acceptCbc: true });

  const read = await accepting.logout?.receive?.(await theirRequest(world, CBC), async () => false);

  assert.ok(read?.kind === 'request');
  assert.equal(read.subject, 'p-mira');
  await assert.rejects(
    async () => open(world).logout?.receive?.(await theirRequest(world, CBC), async () => false),
    { code: 'saml.algorithm_refused' },
  );
});

test('what one upstream encrypted in AES-CBC is no riddle that another may have us try at', async () => {
  await using world = await openSamlWorld();
  const slo = (id: string): string => `${PUBLIC_URL}/login/${id}/slo`;
  const upstreams = world.open((idp) =>
    ['am', 'other'].map((id) => inlineConfig(idp, { id, acceptCbc: true })),
  );
  const captured = await theirRequest(world, CBC);
  assert.ok(captured.binding === 'post');
  const xml = Buffer.from(captured.fields['SAMLRequest'] ?? '', 'base64').toString();
  const [encrypted = ''] = /<saml:EncryptedID>.*<\/saml:EncryptedID>/s.exec(xml) ?? [];
  /** A message of the second upstream, signed by itself, around what it captured; changed as it pleases. */
  const guess = (change: (name: string) => string): Incoming => {
    const { entityId, key } = world.idp;
    const peer = new SamlPeer({ ...{ entityId, key, clock: world.clock, theirSlo: slo('other') } });
    const request = peer.request({ indexes: [] });
    return {
      binding: 'post',
      fields: peer.post(request.replace('<saml:NameID></saml:NameID>', change(encrypted))),
    };
  };
  const read = async (id: string, message: Incoming) =>
    upstreamOf(upstreams, id).logout?.receive?.(message, async () => false);

  assert.equal((await read('am', captured))?.kind, 'request');

  const last = encrypted.lastIndexOf('<xenc:CipherValue>') + '<xenc:CipherValue>'.length;
  for (const at of [0, 10, 24, 40]) {
    const changed = guess((name) => `${name.slice(0, last + at)}A${name.slice(last + at + 1)}`);
    await assert.rejects(read('other', changed), { code: 'saml.replayed' });
  }
});
