import assert from 'node:assert/strict';
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { MINUTE, SECOND } from '../../src/base/index.ts';
import { purgeOneTimeIds, type UpstreamResult } from '../../src/federation/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { METADATA_LIMITS, parseXml, verifySignature } from '../../src/xml/index.ts';
import { inlineConfig, openSamlWorld, receive, signIn, upstreamOf } from './saml-world.ts';

function identityOf(result: UpstreamResult): Identity {
  assert.equal(result.outcome, 'identity');
  return result.identity;
}

test('a sign-in through SAML becomes an identity, with the end of the upstream session', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());

  const identity = identityOf(
    await signIn(world, upstream, {
      attributes: {
        guid: ['g-1'],
        mail: ['mira@halden.example'],
        groups: ['a@staff', 'b@staff'],
        sn: ['Solberg'],
      },
      sessionNotOnOrAfter: 90 * MINUTE,
      authnInstant: -5 * MINUTE,
    }),
  );

  assert.equal(identity.subject, 'g-1');
  assert.equal(identity.issuer, world.idp.entityId);
  assert.equal(identity.mail, 'mira@halden.example');
  assert.equal(identity.familyName, 'Solberg');
  assert.deepEqual(identity.groups, ['a@staff', 'b@staff']);
  assert.equal(identity.authnContext, 'name/password/uri');
  assert.equal(identity.sessionEnd?.getTime(), world.clock.now().getTime() + 90 * MINUTE);
  assert.equal(identity.authTime.getTime(), world.clock.now().getTime() - 5 * MINUTE);
  assert.deepEqual(identity.upstreamSession, {
    nameId: 'p-mira',
    nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    sessionIndex: 'si-1',
  });
});

test('what receive returns survives being parked as JSON', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const begun = await upstream.begin({});
  const received = await receive(upstream, await world.idp.response({ requestId: begun.correlation }));

  const result = await upstream.finish(
    JSON.parse(JSON.stringify(received)),
    JSON.parse(JSON.stringify(begun.pending)),
  );

  assert.equal(identityOf(result).subject, 'g-1');
  assert.equal(received.correlation, begun.correlation);
});

test('the redirect carries a request signed over the octets of the query', async () => {
  await using world = await openSamlWorld();
  const begun = await upstreamOf(world.open()).begin({ forceLogin: true, passive: true });

  assert.equal(begun.go.kind, 'redirect');
  assert.ok(begun.go.url.href.startsWith(`${world.idp.ssoUrl}?SAMLRequest=`));
  const query = begun.go.url.search.slice(1);
  const [signed = '', signature = ''] = query.split('&Signature=');
  const key = createPublicKey(world.spKey.certificatePem);
  assert.ok(verify('sha256', Buffer.from(signed), key, Buffer.from(decodeURIComponent(signature), 'base64')));

  const deflated = Buffer.from(begun.go.url.searchParams.get('SAMLRequest') ?? '', 'base64');
  const request = inflateRawSync(deflated).toString();
  assert.match(request, new RegExp(`ID="${begun.correlation}"`));
  assert.match(request, / ForceAuthn="true" /);
  assert.match(request, / IsPassive="true" /);
  assert.match(request, /AssertionConsumerServiceURL="https:\/\/sso.example\/login\/am\/acs"/);
  assert.doesNotMatch(request, /RequestedAuthnContext|NameIDPolicy/);
});

test('a request by POST is signed inside, and the form goes to the upstream alone', async () => {
  await using world = await openSamlWorld();
  const configs = () => [
    inlineConfig(world.idp, { binding: 'post', nameIdFormat: 'urn:x', authnContext: ['a&b'] }),
  ];
  const begun = await upstreamOf(world.open(configs)).begin({});

  assert.equal(begun.go.kind, 'post');
  assert.equal(begun.go.url.href, world.idp.ssoUrl);
  const text = Buffer.from(begun.go.fields['SAMLRequest'] ?? '', 'base64').toString();
  const { document } = parseXml(text, METADATA_LIMITS);
  const signed = verifySignature(document.documentElement, [createPublicKey(world.spKey.certificatePem)]);
  assert.match(signed, /<samlp:NameIDPolicy AllowCreate="true" Format="urn:x">/);
  assert.match(signed, />a&amp;b<\/saml:AuthnContextClassRef>/);
});

test('our metadata shows both certificates, one address, and an end', async () => {
  await using world = await openSamlWorld();

  const xml = await upstreamOf(world.open()).metadataXml?.();

  const { document } = parseXml(xml ?? '', METADATA_LIMITS);
  const root = document.documentElement;
  assert.equal(root.getAttribute('entityID'), 'https://sso.example/login/am/metadata');
  assert.equal(root.getAttribute('validUntil'), '2026-03-09T09:00:00Z');
  // The schema wants this order (SAML Metadata 2.4.1, 2.4.4).
  const [extensions, role] = Array.from(root.childNodes, (node) => node as Element);
  assert.equal(extensions?.localName, 'Extensions');
  assert.ok(role);
  const names = Array.from(role.childNodes, (node) => (node as Element).localName);
  assert.deepEqual(names, [
    ...['KeyDescriptor', 'KeyDescriptor', 'SingleLogoutService', 'SingleLogoutService'],
    'AssertionConsumerService',
  ]);
  const uses = Array.from(role.childNodes, (node) => (node as Element).getAttribute('use')).slice(0, 2);
  assert.deepEqual(uses, ['signing', 'encryption']);
  const bare = root.getElementsByTagName('ds:X509Certificate')[0]?.textContent ?? '';
  assert.equal(
    new X509Certificate(Buffer.from(bare, 'base64')).fingerprint256,
    new X509Certificate(world.spKey.certificatePem).fingerprint256,
  );
});

test('our metadata prefers what is authenticated, and shows AES-CBC only where it is accepted', async () => {
  await using world = await openSamlWorld();
  for (const [acceptCbc, ciphers] of [
    [false, ['aes256-gcm', 'aes128-gcm']],
    [true, ['aes256-gcm', 'aes128-gcm', 'aes256-cbc', 'aes128-cbc']],
  ] as const) {
    const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, { acceptCbc })]));

    const xml = (await upstream.metadataXml?.()) ?? '';

    const shown = [...xml.matchAll(/EncryptionMethod Algorithm="[^"]*#(aes[^"]+)"/g)].map(([, name]) => name);
    assert.deepEqual(shown, ciphers);
  }
});

test('an assertion is used once: of six parallel replays on two instances, one is accepted', async () => {
  await using world = await openSamlWorld();
  const [one, two] = [upstreamOf(world.open()), upstreamOf(world.open())];
  const answer = await world.idp.response();

  const tries = await Promise.allSettled(
    Array.from({ length: 6 }, (_, index) => receive(index % 2 === 0 ? one : two, answer)),
  );

  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const each of tries) {
    if (each.status === 'rejected') assert.equal(each.reason.code, 'federation.replayed');
  }
});

test('the same assertion in another envelope is still the same assertion', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  await receive(upstream, await world.idp.response());

  const again = receive(upstream, await world.idp.response({ responseId: '_r2', envelopeRequestId: null }));

  await assert.rejects(again, { code: 'federation.replayed' });
});

test('an id that was spent is remembered until the assertion could not be accepted any more', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const answer = await world.idp.response({ confirmedUntil: 5 * MINUTE });
  await receive(upstream, answer);

  world.clock.advance(5 * MINUTE + 59 * SECOND);
  assert.equal(await purgeOneTimeIds(world.db.db, world.clock.now(), 100), 0);
  await assert.rejects(receive(upstream, answer), { code: 'federation.replayed' });

  world.clock.advance(5 * MINUTE);
  assert.equal(await purgeOneTimeIds(world.db.db, world.clock.now(), 100), 1);
  await assert.rejects(receive(upstream, answer), { code: 'federation.expired' });
});

test('when the one-time id cannot be written, the sign-in is refused', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const answer = await world.idp.response();
  await world.db[Symbol.asyncDispose]();

  await assert.rejects(receive(upstream, answer), {
    name: 'Unavailable',
    code: 'federation.record_unavailable',
  });
});

test('an answer on the address of another connection is refused', async () => {
  await using world = await openSamlWorld();
  const upstreams = world.open((idp) => [inlineConfig(idp), inlineConfig(idp, { id: 'other' })]);
  const begun = await upstreamOf(upstreams).begin({});
  const answer = await world.idp.response({ requestId: begun.correlation });

  await assert.rejects(receive(upstreamOf(upstreams, 'other'), answer), {
    code: 'federation.wrong_destination',
  });
  const received = await receive(upstreamOf(upstreams), answer);
  await assert.rejects(upstreamOf(upstreams, 'other').finish(received, begun.pending), {
    code: 'federation.wrong_transaction',
  });
});

test('transaction and answer must both belong to the connection, even under one request id', async () => {
  await using world = await openSamlWorld();
  const upstreams = world.open((idp) => [inlineConfig(idp), inlineConfig(idp, { id: 'other' })]);
  const [am, other] = [upstreamOf(upstreams), upstreamOf(upstreams, 'other')];
  const mine = await am.begin({ correlation: '_same' });
  const theirs = await other.begin({ correlation: '_same' });
  const received = await receive(am, await world.idp.response({ requestId: '_same' }));

  await assert.rejects(other.finish(received, theirs.pending), { code: 'federation.wrong_transaction' });
  await assert.rejects(am.finish(received, theirs.pending), { code: 'federation.wrong_transaction' });
  identityOf(await am.finish(received, mine.pending));
});

test('the issuer is fixed when the sign-in begins', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(
    world.open((_idp, metadataUrl) => [{ id: 'am', preset: 'access-manager', metadataUrl }]),
  );
  const begun = await upstream.begin({});
  const entityId = 'https://another.example';
  world.metadata.xml = world.idp.metadata({ entityId });
  await upstream.check();
  const answer = await world.idp.response({
    requestId: begun.correlation,
    responseIssuer: entityId,
    assertionIssuer: entityId,
  });

  const received = await receive(upstream, answer);

  await assert.rejects(upstream.finish(received, begun.pending), { code: 'federation.wrong_issuer' });
});

test('an answer to one request does not finish another', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const [mine, other] = [await upstream.begin({}), await upstream.begin({})];

  const received = await receive(upstream, await world.idp.response({ requestId: mine.correlation }));

  await assert.rejects(upstream.finish(received, other.pending), { code: 'federation.wrong_transaction' });
});

test('a forced sign-in answered with an older one is refused', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());

  const old = signIn(world, upstream, { authnInstant: -2 * MINUTE }, { forceLogin: true });

  await assert.rejects(old, { code: 'federation.not_fresh' });
  identityOf(await signIn(world, upstream, { authnInstant: -2 * MINUTE }, { maxAgeSeconds: 300 }));
});

test('the upstream may say no, and a passive try without a session says so', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const answered = async (innerStatus: string, sign: 'response' | 'none'): Promise<UpstreamResult> => {
    const begun = await upstream.begin({ passive: true });
    const answer = world.idp.failure({
      requestId: begun.correlation,
      status: 'Responder',
      innerStatus,
      sign,
    });
    return await upstream.finish(await receive(upstream, answer), begun.pending);
  };

  for (const [inner, code] of [
    ['NoPassive', 'federation.login_required'],
    ['RequestDenied', 'federation.upstream_denied'],
    ['AuthnFailed', 'federation.upstream_denied'],
    ['UnsupportedBinding', 'federation.upstream_failed'],
  ] as const) {
    for (const sign of ['response', 'none'] as const) {
      const result = await answered(inner, sign);
      assert.equal(result.outcome === 'refused' && result.code, code);
    }
  }
});

test('an assertion in a response that reports a failure is not used', async () => {
  await using world = await openSamlWorld();

  const result = await signIn(world, upstreamOf(world.open()), {
    status: 'Responder',
    innerStatus: 'AuthnFailed',
  });

  assert.equal(result.outcome === 'refused' && result.code, 'federation.upstream_denied');
});

test('a transient NameID is no subject, and neither is a mail address where persistent is wanted', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(
    world.open((idp) => [inlineConfig(idp, { subject: { nameId: 'persistent' } })]),
  );
  const format = (name: string) => ({ nameIdFormat: `urn:oasis:names:tc:SAML:2.0:nameid-format:${name}` });

  const transient = await signIn(world, upstream, format('transient'));
  const mail = await signIn(world, upstream, format('emailAddress'));
  const persistent = await signIn(world, upstream);

  assert.equal(transient.outcome === 'refused' && transient.code, 'federation.subject_transient');
  assert.equal(mail.outcome === 'refused' && mail.code, 'federation.subject_missing');
  assert.equal(identityOf(persistent).subject, 'p-mira');
});

test('a subject attribute that is missing or has two values refuses the sign-in', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());

  for (const attributes of [{ mail: ['x@y.example'] }, { guid: ['a', 'b'] }, { guid: [''] }] as Record<
    string,
    string[]
  >[]) {
    const result = await signIn(world, upstream, { attributes });
    assert.equal(result.outcome === 'refused' && result.code, 'federation.subject_missing');
  }
});

test('Access Manager attributes are understood in both ways of naming', async () => {
  await using world = await openSamlWorld();
  const config = {
    ...inlineConfig(world.idp, { preset: 'access-manager', subject: undefined }),
    attributes: { region: 'region' },
    sharedKey: { attribute: 'employeeNumber' },
  };
  const upstream = upstreamOf(world.open(() => [config]));
  const facts: Record<string, string[]> = {
    guid: ['g-1'],
    mail: ['mira@halden.example'],
    groupMembership: ['merchandising@staff'],
  };
  const ldap = Object.fromEntries(
    Object.entries(facts).map(([name, values]) => [
      `/UserAttribute[@ldap:targetAttribute="${name}"]`,
      values,
    ]),
  );

  const friendly = identityOf(
    await signIn(world, upstream, { attributes: { ...facts, region: ['EMEA'], employeeNumber: ['4711'] } }),
  );
  const literal = identityOf(await signIn(world, upstream, { attributes: ldap }));

  assert.deepEqual(friendly.attributes, { region: ['EMEA'], sharedKey: ['4711'] });
  for (const identity of [friendly, literal]) {
    assert.equal(identity.subject, 'g-1');
    assert.equal(identity.mail, 'mira@halden.example');
    assert.deepEqual(identity.groups, ['merchandising@staff']);
  }
});

test('only people of the allowed partitions get in', async () => {
  await using world = await openSamlWorld();
  const config = { allowedPartitions: ['staff'], partition: { claim: 'ou', form: 'whole' } };
  const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, config)]));

  const staff = await signIn(world, upstream, { attributes: { guid: ['g-1'], ou: ['staff'] } });
  const guest = await signIn(world, upstream, { attributes: { guid: ['g-1'], ou: ['guests'] } });
  const unknown = await signIn(world, upstream, { attributes: { guid: ['g-1'] } });

  assert.equal(staff.outcome, 'identity');
  assert.equal(guest.outcome === 'refused' && guest.code, 'federation.partition_refused');
  assert.equal(unknown.outcome === 'refused' && unknown.code, 'federation.partition_refused');
});

test('an answer by query, or without the field, is refused', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const params = new URLSearchParams({ SAMLResponse: await world.idp.response() });

  await assert.rejects(upstream.receive({ kind: 'query', params }), { code: 'federation.answer_malformed' });
  await assert.rejects(upstream.receive({ kind: 'form', fields: {} }), {
    code: 'federation.answer_malformed',
  });
});
