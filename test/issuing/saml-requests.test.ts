import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { GoneRequest, LoginRequest } from '../../src/issuing/index.ts';
import { takeAuthnRequest } from '../../src/issuing/saml/intake.ts';
import { element, type Incoming } from '../../src/saml/index.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';
import {
  authnRequest,
  delivered,
  type RequestOptions,
  type Travel,
  travel,
} from './saml-service-provider.ts';
import { ACS, type IdpWorld, openIdpWorld, SP, signOn, wiki } from './saml-world.ts';

const RESPONSE = 'urn:oasis:names:tc:SAML:2.0:protocol:Response';
const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

async function send(world: IdpWorld, options: RequestOptions = {}, how: Travel = {}): Promise<string> {
  const taken = await takeAuthnRequest(await travel(authnRequest(world, options), how), world.idp.intake);
  assert.equal(taken.outcome, 'waiting');
  return taken.outcome === 'waiting' ? taken.handle : '';
}

async function waiting(world: IdpWorld, handle: string): Promise<LoginRequest> {
  const found: LoginRequest | GoneRequest | undefined = await world.idp.requests.find(handle);
  assert.ok(found && !('gone' in found));
  return found;
}

/** Status codes of the SAML answer that a request gets at once. */
async function answeredAtOnce(world: IdpWorld, incoming: Incoming): Promise<readonly string[]> {
  const taken = await takeAuthnRequest(incoming, world.idp.intake);
  assert.ok(taken.outcome === 'answered');
  const { xml, action } = delivered(taken.answer);
  assert.equal(action, ACS);
  assert.ok((await xmlsecVerify(xml, world.idpKey.certificatePem, RESPONSE)).holds);
  assert.doesNotMatch(xml, /Assertion/);
  return statusIn(xml);
}

function statusIn(xml: string): readonly string[] {
  return [...xml.matchAll(/StatusCode[^>]* Value="urn:oasis:names:tc:SAML:2.0:status:(\w+)"/g)].map(
    ([, name = '']) => name,
  );
}

suite('a request is taken', () => {
  for (const binding of ['redirect', 'post'] as const) {
    test(`by ${binding}, unsigned and signed`, async () => {
      await using world = await openIdpWorld();

      const plain = await waiting(world, await send(world, { id: '_a' }, { binding }));
      const signed = await waiting(world, await send(world, { id: '_b' }, { binding, key: world.spKey }));

      assert.deepEqual(
        { ...plain, handle: '' },
        {
          ...{ handle: '', protocol: 'saml', relyingParty: 'wiki', requestId: '_a' },
          ...{ receivedAt: world.clock.now(), force: false, passive: false },
        },
      );
      assert.equal(signed.requestId, '_b');
    });
  }

  test('with ForceAuthn and IsPassive, in either spelling of a boolean', async () => {
    await using world = await openIdpWorld();
    const forced = await send(world, { id: '_a', attributes: { ForceAuthn: 'true', IsPassive: '0' } });
    const passive = await send(world, { id: '_b', attributes: { ForceAuthn: 'false', IsPassive: '1' } });

    assert.deepEqual(pick(await waiting(world, forced)), { force: true, passive: false });
    assert.deepEqual(pick(await waiting(world, passive)), { force: false, passive: true });

    function pick({ force, passive }: LoginRequest): object {
      return { force, passive };
    }
  });

  test('and found by another process, and again after a reload', async () => {
    await using world = await openIdpWorld();
    const handle = await send(world);

    assert.ok(await world.another().requests.find(handle));
    assert.ok(await world.idp.requests.find(handle));
  });

  test('again by the same browser when it reloads: one request, one handle', async () => {
    await using world = await openIdpWorld();

    assert.equal(await send(world, {}, { relayState: 'x' }), await send(world, {}, { relayState: 'x' }));
  });

  test('and its id then means nothing else', async () => {
    await using world = await openIdpWorld();
    await send(world);

    await assert.rejects(send(world, {}, { relayState: 'other' }), { code: 'saml.replayed' });
    await assert.rejects(send(world, { attributes: { ForceAuthn: 'true' } }), { code: 'saml.replayed' });
  });

  test('and lies sealed where it waits', async () => {
    await using world = await openIdpWorld();
    const handle = await send(world, {}, { relayState: 'a-secret-place' });

    const stored = await world.keyValue.get(`issuing:saml-request:${handle}`);

    assert.ok(stored);
    assert.doesNotMatch(Buffer.from(stored, 'base64').toString('latin1') + stored, /secret|_req1|wiki/);
  });

  test('and is gone after 15 minutes, but still says where it led for a day', async () => {
    await using world = await openIdpWorld();
    const handle = await send(world);

    world.clock.advance(15 * MINUTE);
    assert.deepEqual(await world.idp.requests.find(handle), { gone: true, relyingParty: 'wiki' });

    world.clock.advance(24 * 60 * MINUTE);
    assert.equal(await world.idp.requests.find(handle), undefined);
  });

  test('never under a handle that somebody made up', async () => {
    await using world = await openIdpWorld();

    for (const handle of ['', 'x', '../../x', 'A'.repeat(43), 'A'.repeat(100_000)]) {
      assert.equal(await world.idp.requests.find(handle), undefined);
    }
  });
});

suite('the address of the answer', () => {
  const chosen: readonly (readonly [string, RequestOptions, string])[] = [
    ['is the first one when the request names none', {}, ACS],
    [
      'is the one that the request names by URL',
      { attributes: { AssertionConsumerServiceURL: `${ACS}/second` } },
      `${ACS}/second`,
    ],
    [
      'is the one that the request names by index',
      { attributes: { AssertionConsumerServiceIndex: '7' } },
      `${ACS}/second`,
    ],
  ];
  for (const [what, options, expected] of chosen) {
    test(what, async () => {
      await using world = await openIdpWorld();
      const request = await waiting(world, await send(world, options));
      const issued = await world.idp.issuer.issue(signOn(world, { request }));

      assert.equal(delivered(issued.answer).action, expected);
    });
  }
});

suite('what cannot be fulfilled is answered in SAML, signed, at the registered address', () => {
  const context = (comparison: string, ...names: string[]) =>
    element(
      'samlp:RequestedAuthnContext',
      { Comparison: comparison },
      ...names.map((name) => element('saml:AuthnContextClassRef', {}, name)),
    );
  const policy = (attributes: Record<string, string>) => element('samlp:NameIDPolicy', attributes);
  const cases: readonly (readonly [string, RequestOptions, readonly string[]])[] = [
    [
      'another binding',
      { attributes: { ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' } },
      ['Requester', 'UnsupportedBinding'],
    ],
    [
      'a Subject',
      { children: [element('saml:Subject', {}, element('saml:NameID', {}, 'per_x'))] },
      ['Requester', 'RequestUnsupported'],
    ],
    [
      'a Subject whose name is encrypted',
      { children: [element('saml:Subject', {}, element('saml:EncryptedID', {}, 'x'))] },
      ['Requester', 'RequestUnsupported'],
    ],
    [
      'an encrypted name',
      { children: [policy({ Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted' })] },
      ['Requester', 'InvalidNameIDPolicy'],
    ],
    [
      'another NameID format',
      { children: [policy({ Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })] },
      ['Requester', 'InvalidNameIDPolicy'],
    ],
    [
      "another service provider's names",
      { children: [policy({ SPNameQualifier: 'https://other.example' })] },
      ['Requester', 'InvalidNameIDPolicy'],
    ],
    [
      'a context that cannot be compared',
      { children: [context('minimum', 'urn:example:gold')] },
      ['Requester', 'NoAuthnContext'],
    ],
    ['no context at all', { children: [context('exact')] }, ['Requester', 'NoAuthnContext']],
    [
      'an unknown comparison',
      { children: [context('nearly', `${CLASSES}Password`)] },
      ['Requester', 'NoAuthnContext'],
    ],
    [
      'a context by declaration',
      {
        children: [
          element('samlp:RequestedAuthnContext', {}, element('saml:AuthnContextDeclRef', {}, 'urn:x')),
        ],
      },
      ['Requester', 'NoAuthnContext'],
    ],
  ];
  for (const [what, options, status] of cases) {
    test(`a request that asks for ${what}`, async () => {
      await using world = await openIdpWorld();

      const incoming = await travel(authnRequest(world, options), { relayState: 'rs' });

      assert.deepEqual(await answeredAtOnce(world, incoming), status);
    });
  }
});

suite('what may be ignored is ignored', () => {
  const policy = (attributes: Record<string, string>) => element('samlp:NameIDPolicy', attributes);
  const cases: readonly (readonly [string, RequestOptions])[] = [
    ['AllowCreate', { children: [policy({ AllowCreate: 'true' })] }],
    [
      'an unspecified NameID format',
      { children: [policy({ Format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified' })] },
    ],
    [
      'the configured NameID format',
      {
        children: [
          policy({ Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', SPNameQualifier: SP }),
        ],
      },
    ],
    ['Scoping', { children: [element('samlp:Scoping', { ProxyCount: '0' })] }],
    ['Conditions', { children: [element('saml:Conditions', { NotOnOrAfter: '2001-01-01T00:00:00Z' })] }],
    ['Extensions', { children: [element('samlp:Extensions', {}, element('md:Thing', {}, 'x'))] }],
    ['ProviderName', { attributes: { ProviderName: '<script>', AttributeConsumingServiceIndex: '1' } }],
    [
      'the binding that is used anyway',
      { attributes: { ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST' } },
    ],
  ];
  for (const [what, options] of cases) {
    test(what, async () => {
      await using world = await openIdpWorld();

      assert.ok(await send(world, options));
    });
  }
});

suite('refusing', () => {
  const statuses = {
    'login-required': ['Responder', 'NoPassive'],
    denied: ['Responder', 'RequestDenied'],
    'authn-context': ['Responder', 'NoAuthnContext'],
    cancelled: ['Responder', 'AuthnFailed'],
    unavailable: ['Responder'],
  } as const;
  for (const [why, status] of Object.entries(statuses)) {
    test(`${why} is told as ${status.join(' / ')}, with RelayState as it came`, async () => {
      await using world = await openIdpWorld();
      const request = await waiting(world, await send(world, {}, { relayState: 'a b&c=<d>"ü' }));

      const answer = delivered(await world.idp.requests.refuse(request, why as keyof typeof statuses));

      assert.deepEqual(statusIn(answer.xml), status);
      assert.equal(answer.action, ACS);
      assert.equal(answer.fields['RelayState'], 'a b&c=<d>"ü');
      assert.match(answer.xml, / InResponseTo="_req1"/);
      assert.ok((await xmlsecVerify(answer.xml, world.idpKey.certificatePem, RESPONSE)).holds);
    });
  }

  test('uses the request up: nothing is issued for it, and it is refused once', async () => {
    await using world = await openIdpWorld();
    const request = await waiting(world, await send(world));
    await world.idp.requests.refuse(request, 'denied');

    await assert.rejects(world.idp.requests.refuse(request, 'denied'), { code: 'issuing.request_gone' });
    await assert.rejects(world.idp.issuer.issue(signOn(world, { request })), {
      code: 'issuing.request_gone',
    });
    assert.deepEqual(await world.idp.requests.find(request.handle), { gone: true, relyingParty: 'wiki' });
  });
});

for (const [comparison, names, isMet] of [
  ['exact', ['unspecified'], true],
  ['minimum', ['unspecified'], true],
  ['exact', ['SmartcardPKI', 'unspecified'], true],
  ['exact', ['SmartcardPKI'], false],
] as const) {
  test(`a demand for ${comparison} ${names.join(' or ')} is ${isMet ? 'none' : 'one'}`, async () => {
    await using world = await openIdpWorld();
    const demand = element(
      'samlp:RequestedAuthnContext',
      { Comparison: comparison },
      ...names.map((name) => element('saml:AuthnContextClassRef', {}, `${CLASSES}${name}`)),
    );
    const request = await waiting(world, await send(world, { children: [demand] }));
    const issued = world.idp.issuer.issue(signOn(world, { request }));

    if (isMet) assert.match(delivered((await issued).answer).xml, /status:Success/);
    else await assert.rejects(issued);
  });
}

test('an application that ignores what requests demand never refuses for a context', async () => {
  await using world = await openIdpWorld((spKey) => [wiki(spKey, { requestedAuthnContext: 'ignore' })]);
  const demand = element(
    'samlp:RequestedAuthnContext',
    { Comparison: 'exact' },
    element('saml:AuthnContextClassRef', {}, `${CLASSES}SmartcardPKI`),
  );
  const request = await waiting(world, await send(world, { children: [demand] }));

  const { xml } = delivered((await world.idp.issuer.issue(signOn(world, { request }))).answer);

  assert.match(xml, /:ac:classes:PasswordProtectedTransport</);
});
