import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR, MINUTE } from '../../src/base/index.ts';
import type { LoginRequest, SignOn } from '../../src/issuing/index.ts';
import { takeAuthnRequest } from '../../src/issuing/saml/intake.ts';
import { element } from '../../src/saml/index.ts';
import { authnRequest, delivered, type RequestOptions, responseOf, travel } from './saml-service-provider.ts';
import { ACS, IDP, type IdpWorld, openIdpWorld, SP, signOn, wiki } from './saml-world.ts';

const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

function attribute(xml: string, element: string, name: string): string | undefined {
  return new RegExp(`<${element}[^>]* ${name}="([^"]*)"`).exec(xml)?.[1];
}

function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
}

async function requestOf(
  world: IdpWorld,
  options: RequestOptions = {},
  relayState?: string,
): Promise<LoginRequest> {
  const how = relayState === undefined ? {} : { relayState };
  const taken = await takeAuthnRequest(await travel(authnRequest(world, options), how), world.idp.intake);
  assert.ok(taken.outcome === 'waiting');
  const request = await world.idp.requests.find(taken.handle);
  assert.ok(request && !('gone' in request));
  return request;
}

async function issue(world: IdpWorld, more: Partial<SignOn> = {}): Promise<string> {
  return responseOf(await world.idp.issuer.issue(signOn(world, more)));
}

suite('an answer to a request', () => {
  test('says to whom it is, what it answers and where it goes', async () => {
    await using world = await openIdpWorld();
    const xml = await issue(world, { request: await requestOf(world, { id: '_req42' }) });

    assert.equal(attribute(xml, 'samlp:Response', 'Destination'), ACS);
    assert.equal(attribute(xml, 'samlp:Response', 'InResponseTo'), '_req42');
    assert.equal(attribute(xml, 'saml:SubjectConfirmationData', 'InResponseTo'), '_req42');
    assert.equal(attribute(xml, 'saml:SubjectConfirmationData', 'Recipient'), ACS);
    assert.equal(textOf(xml, 'saml:Audience'), SP);
    assert.deepEqual(
      [...xml.matchAll(/<saml:Issuer[^>]*>([^<]*)</g)].map(([, issuer]) => issuer),
      [IDP, IDP],
    );
  });

  test('brings RelayState back byte for byte', async () => {
    await using world = await openIdpWorld();
    const relayState = '/lightning/r/Opportunity/006?x=%2F&y="ü" \' <b>';
    const request = await requestOf(world, {}, relayState);

    const { answer } = await world.idp.issuer.issue(signOn(world, { request, to: '/elsewhere' }));

    assert.equal(delivered(answer).fields['RelayState'], relayState);
  });

  test('is given once: of ten parallel calls in two processes nine find the request gone', async () => {
    await using world = await openIdpWorld();
    const request = await requestOf(world);
    const issuers = [world.idp.issuer, world.another().issuer];

    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => issuers[n % 2]?.issue(signOn(world, { request }))),
    );

    const refused = results.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 9);
    for (const result of refused) {
      assert.equal(result.status === 'rejected' && result.reason.code, 'issuing.request_gone');
    }
  });

  test('never goes to another relying party than the one that asked', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey),
      wiki(spKey, {
        id: 'forum',
        entityId: 'https://forum.example',
        acs: [{ url: 'https://forum.example/acs' }],
      }),
    ]);
    const request = await requestOf(world);

    const crossed = world.idp.issuer.issue(signOn(world, { request, relyingParty: world.party('forum') }));

    await assert.rejects(crossed, { code: 'issuing.request_gone' });
    assert.ok(await issue(world, { request }));
  });

  test('that cannot be made leaves the request open', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey, { nameId: { value: 'person.department' } }),
    ]);
    const request = await requestOf(world);

    await assert.rejects(issue(world, { request }), { code: 'issuing.no_name_id' });

    assert.deepEqual(await world.idp.requests.find(request.handle), request);
  });
});

suite('an unsolicited response', () => {
  test('answers nothing, and goes to the default address', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey, { acs: [{ url: `${ACS}/a` }, { url: ACS, default: true }], relayState: '/start' }),
    ]);
    const issued = await world.idp.issuer.issue(signOn(world));
    const { xml, action, fields } = delivered(issued.answer);

    assert.equal(action, ACS);
    assert.doesNotMatch(xml, /InResponseTo/);
    assert.equal(fields['RelayState'], '/start');
  });

  test('leads where the link led', async () => {
    await using world = await openIdpWorld();
    const { answer } = await world.idp.issuer.issue(signOn(world, { to: '/page?x=1' }));

    assert.equal(delivered(answer).fields['RelayState'], '/page?x=1');
  });

  test('is not made for an application that begins by itself: the link leads to its start', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey, { startUrl: 'https://wiki.example/sso?org=1', startUrlParameter: 'RelayState' }),
    ]);
    const issued = await world.idp.issuer.issue(signOn(world, { to: '/page' }));

    assert.ok(issued.answer.kind === 'redirect');
    assert.equal(issued.answer.location.href, 'https://wiki.example/sso?org=1&RelayState=%2Fpage');
    assert.equal(issued.artefact, 'link');
    assert.equal(issued.party, undefined);
  });

  test('is refused a landing place outside of the application', async () => {
    await using world = await openIdpWorld();

    for (const to of ['//evil.example', '/\\evil.example', 'https://evil.example', '/%2fevil', '/a\nb']) {
      assert.equal(world.idp.issuer.accepts(to, world.party()), false, to);
    }
    assert.equal(world.idp.issuer.accepts('/lightning/page?x=1', world.party()), true);
  });
});

suite('nothing outlives its reason (R3.1, R3.4)', () => {
  const now = new Date('2026-03-02T09:00:00Z');
  const at = (ms: number): Date => new Date(now.getTime() + ms);
  const session = (ends: Date): SignOn['session'] => ({
    ...{ id: 'ses_00000000000000000000000000', ends, authTime: now, amr: [] },
  });
  const entitlement = (ends?: Date): SignOn['entitlement'] => ({
    relyingParty: 'wiki',
    ...{ roles: [{ id: 'reader', because: [] }], scopes: [] },
    ...(ends && { ends }),
  });
  const cases: readonly (readonly [string, Partial<SignOn>, string, string])[] = [
    [
      'an assertion is good for five minutes, the session until ours ends',
      { session: session(at(8 * HOUR)), entitlement: entitlement() },
      '2026-03-02T09:05:00Z',
      '2026-03-02T17:00:00Z',
    ],
    [
      'the end of the access ends both sides of it',
      { session: session(at(8 * HOUR)), entitlement: entitlement(at(2 * MINUTE)) },
      '2026-03-02T09:02:00Z',
      '2026-03-02T09:02:00Z',
    ],
    [
      'the end of our session ends both too',
      { session: session(at(90_500)), entitlement: entitlement(at(HOUR)) },
      '2026-03-02T09:01:30Z',
      '2026-03-02T09:01:30Z',
    ],
  ];
  for (const [what, more, assertionEnd, sessionEnd] of cases) {
    test(what, async () => {
      await using world = await openIdpWorld();
      const issued = await world.idp.issuer.issue(signOn(world, more));
      const xml = responseOf(issued);

      assert.equal(attribute(xml, 'saml:Conditions', 'NotOnOrAfter'), assertionEnd);
      assert.equal(attribute(xml, 'saml:SubjectConfirmationData', 'NotOnOrAfter'), assertionEnd);
      assert.equal(attribute(xml, 'saml:AuthnStatement', 'SessionNotOnOrAfter'), sessionEnd);
      assert.equal(issued.expires.toISOString().slice(0, 19), assertionEnd.slice(0, 19));
    });
  }
});

suite('what is said of the sign-in is true', () => {
  test('when and how the person proved who they are, not when the assertion was made', async () => {
    await using world = await openIdpWorld();
    const xml = await issue(world);

    assert.equal(attribute(xml, 'saml:AuthnStatement', 'AuthnInstant'), '2026-03-02T08:59:00Z');
    assert.equal(textOf(xml, 'saml:AuthnContextClassRef'), `${CLASSES}PasswordProtectedTransport`);
  });

  test('unspecified, when the upstream does not say', async () => {
    await using world = await openIdpWorld();
    const { authnContext: _unknown, ...session } = signOn(world).session;

    assert.equal(
      textOf(await issue(world, { session }), 'saml:AuthnContextClassRef'),
      `${CLASSES}unspecified`,
    );
  });

  const demands: readonly (readonly [string, readonly string[], boolean])[] = [
    ['exact', ['PasswordProtectedTransport'], true],
    ['exact', ['X509', 'PasswordProtectedTransport'], true],
    ['exact', ['Password'], false],
    ['minimum', ['Password'], true],
    ['minimum', ['PasswordProtectedTransport'], true],
    ['minimum', ['TimeSyncToken'], false],
    ['minimum', ['TimeSyncToken', 'Password'], true],
    ['maximum', ['TimeSyncToken'], true],
    ['maximum', ['Password'], false],
    ['better', ['Password'], true],
    ['better', ['PasswordProtectedTransport'], false],
    ['better', ['Password', 'TimeSyncToken'], false],
  ];
  for (const [comparison, names, isMet] of demands) {
    test(`a demand for ${comparison} ${names.join(', ')} is ${isMet ? '' : 'not '}met by a password`, async () => {
      await using world = await openIdpWorld();
      const demand = element(
        'samlp:RequestedAuthnContext',
        { Comparison: comparison },
        ...names.map((name) => element('saml:AuthnContextClassRef', {}, `${CLASSES}${name}`)),
      );
      const request = await requestOf(world, { children: [demand] });

      if (isMet) assert.ok(await issue(world, { request }));
      else await assert.rejects(issue(world, { request }), { code: 'issuing.authn_context_not_met' });
    });
  }

  test('an upstream word of its own meets a demand for exactly this word', async () => {
    await using world = await openIdpWorld();
    const demand = element(
      'samlp:RequestedAuthnContext',
      {},
      element('saml:AuthnContextClassRef', {}, 'name/password/uri'),
    );
    const request = await requestOf(world, { children: [demand] });
    const session = { ...signOn(world).session, authnContext: 'name/password/uri' };

    assert.equal(
      textOf(await issue(world, { request, session }), 'saml:AuthnContextClassRef'),
      'name/password/uri',
    );
  });
});

suite('names and attributes', () => {
  test('the person is called by our own id unless configured', async () => {
    await using world = await openIdpWorld();
    const issued = await world.idp.issuer.issue(signOn(world));

    assert.match(
      responseOf(issued),
      /<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">per_0{26}<\/saml:NameID>/,
    );
    assert.deepEqual(issued.party?.subject, 'per_00000000000000000000000000');
    assert.deepEqual(issued.party?.details, {
      format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    });
  });

  test('attributes carry texts, lists, roles by their names there, and methods of the sign-in', async () => {
    const attributes = [
      {
        name: 'urn:oid:0.9.2342.19200300.100.1.3',
        nameFormat: 'uri',
        friendlyName: 'mail',
        value: 'person.mail',
      },
      { name: 'groups', value: 'person.groups' },
      { name: 'roles', value: 'entitlement.roles' },
      { name: 'called', value: 'entitlement.values' },
      { name: 'amr', value: 'session.amr' },
      { name: 'region', value: 'person.region + "!"' },
      { name: 'department', value: 'person.department' },
    ];
    await using world = await openIdpWorld((spKey) => [wiki(spKey, { attributes })]);
    const xml = await issue(world);
    const statement = /<saml:AttributeStatement>.*<\/saml:AttributeStatement>/.exec(xml)?.[0] ?? '';
    const basic = 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic';
    const one = (name: string, ...values: string[]) =>
      `<saml:Attribute Name="${name}" NameFormat="${basic}">` +
      `${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;

    assert.equal(
      statement,
      '<saml:AttributeStatement><saml:Attribute FriendlyName="mail" Name="urn:oid:0.9.2342.19200300.100.1.3"' +
        ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">' +
        '<saml:AttributeValue>mira@halden.example</saml:AttributeValue></saml:Attribute>' +
        one('groups', 'merchandising@staff') +
        one('roles', 'editor') +
        one('called', 'Editors &amp; co') +
        one('amr', 'pwd') +
        one('region', 'EMEA!') +
        '</saml:AttributeStatement>',
    );
  });

  test('a required attribute without value refuses the sign-in, and nothing is issued', async () => {
    const attributes = [{ name: 'department', value: 'person.department', required: true }];
    await using world = await openIdpWorld((spKey) => [wiki(spKey, { attributes })]);

    await assert.rejects(issue(world), { code: 'issuing.attribute_missing' });
  });

  test('an empty name, or one that is too long, refuses the sign-in', async () => {
    for (const value of ['"  "', `"${'x'.repeat(257)}"`, 'person.department']) {
      await using world = await openIdpWorld((spKey) => [wiki(spKey, { nameId: { value } })]);

      await assert.rejects(issue(world), { code: 'issuing.no_name_id' });
    }
  });

  test('hostile values of a directory stay values', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey, { attributes: [{ name: 'name', value: 'person.displayName' }] }),
    ]);
    const displayName = '</saml:AttributeValue><saml:Attribute Name="admin">\u0000\uffff]]>&#x41;\r';
    const person = { ...signOn(world).person, displayName };

    const xml = await issue(world, { person });

    assert.doesNotMatch(xml, /<saml:Attribute Name="admin"/);
    assert.match(xml, /&lt;saml:Attribute Name="admin"&gt;\]\]&gt;&amp;#x41;&#xD;<\/saml:AttributeValue>/);
  });
});

suite('the session index', () => {
  test('is the same for one session, another for each relying party, and tells nothing', async () => {
    await using world = await openIdpWorld((spKey) => [
      wiki(spKey),
      wiki(spKey, { id: 'forum', entityId: 'https://forum.example' }),
    ]);
    const index = async (more: Partial<SignOn> = {}): Promise<string | undefined> =>
      (await world.idp.issuer.issue(signOn(world, more))).party?.handle;
    const [first, again, elsewhere] = [
      await index(),
      await index(),
      await index({ relyingParty: world.party('forum') }),
    ];
    const session = { ...signOn(world).session, id: 'ses_11111111111111111111111111' as const };

    assert.equal(first, again);
    assert.notEqual(first, elsewhere);
    assert.notEqual(first, await index({ session }));
    assert.match(first ?? '', /^_[0-9a-f]{64}$/);
  });
});

suite('a transient name', () => {
  const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
  const open = (): Promise<IdpWorld> =>
    openIdpWorld((spKey) => [wiki(spKey, { nameId: { format: 'transient' } })]);
  const inSession = (world: IdpWorld, id: string): SignOn => {
    const made = signOn(world);
    return { ...made, session: { ...made.session, id: id as SignOn['session']['id'] } };
  };

  test('is given to those who ask for one, is the same for one session, and tells nobody who it is', async () => {
    await using world = await open();
    const policy = element('samlp:NameIDPolicy', { Format: transient, AllowCreate: 'true' });
    const request = await requestOf(world, { children: [policy] });
    const one = await world.idp.issuer.issue({ ...inSession(world, 'one'), request });
    const again = await world.idp.issuer.issue(inSession(world, 'one'));
    const another = await world.idp.issuer.issue(inSession(world, 'another'));

    const [name, sameName, otherName] = [one, again, another].map((issued) =>
      textOf(responseOf(issued), 'saml:NameID'),
    );
    assert.match(name ?? '', /^_[0-9a-f]{32,}$/);
    assert.equal(attribute(responseOf(one), 'saml:NameID', 'Format'), transient);
    assert.equal(sameName, name);
    assert.notEqual(otherName, name);
    assert.doesNotMatch(responseOf(one), /per_/);
  });

  test('is what a logout request names', async () => {
    await using world = await open();
    const issued = await world.idp.issuer.issue(inSession(world, 'one'));

    assert.deepEqual(issued.party?.details, { format: transient });
    assert.equal(issued.party?.subject, textOf(responseOf(issued), 'saml:NameID'));
  });
});
