import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, type ResponseOptions } from '../support/saml-idp.ts';
import { Browser, type Page } from './client/browser.ts';
import { GROUP, IconikApi, USER, type User } from './client/iconik.ts';
import { field, follow, NOWHERE, post, SamlBroker } from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: SamlBroker;
let api: IconikApi;

type Provider = {
  id: string;
  public_id: string;
  type: string;
  settings: Record<string, unknown>;
  verbose_logging: boolean;
};
type State = {
  serviceProvider: { entityId: string; start: string } | null;
  users: { email: string; groups: string[]; identity_provider_id: string | null }[];
  logins: { problem?: string }[];
};
const PROVIDERS = '/auth/v1/auth/saml/idp/';
const DOMAINS = '/auth/v1/auth/saml/domains/';
const SYSTEM_DOMAIN = '5b0c33e8-40d2-11f0-8d4a-0242ac120002';
const RAVI = { email: 'ravi@halden.example', first_name: 'Ravi', last_name: 'Menon', type: 'STANDARD' };
const iconik = () => sandbox.system('iconik');
const state = (): State => iconik().state() as unknown as State;
const turn = (positions: Record<string, unknown>): void => iconik().turn(positions);
const act = (action: string, body: unknown = {}): unknown => iconik().actions?.[action]?.run(body);
const problem = (): string => state().logins.at(-1)?.problem ?? '';
const certificate = (): string => broker.key.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '');
const addressOf = (what: string, { public_id }: Provider): string =>
  sandbox.url('iconik', `/API/auth/v1/auth/saml/${what}/${public_id}/`);
const settings = (): Record<string, unknown> => ({
  name: 'Vestibule',
  idp_entity_id: broker.entityId,
  idp_sso_post_url: `${broker.origin}/saml/sso`,
  idp_sls_redirect_url: `${broker.origin}/saml/slo`,
  idp_x509cert: certificate(),
});

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  broker = await SamlBroker.start(clock);
  sandbox.registerBroker({ publicUrl: broker.origin });
  api = new IconikApi(sandbox);
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(async () => {
  sandbox.reset();
  broker.reset();
  await broker.trust(state().serviceProvider?.entityId ?? '');
});

async function signIn(options: ResponseOptions = {}, start?: string, browser = new Browser()): Promise<Page> {
  broker.answer = { nameId: RAVI.email, attributes: { first_name: ['Ravi'], groups: [] }, ...options };
  return follow(browser, start ?? state().serviceProvider?.start ?? '');
}

suite('a person who was provisioned over the API', () => {
  test('signs in by SAML as that user, and sees what the groups allow', async () => {
    const groups = [GROUP.emea];
    const { id } = await api.call<User>('POST', '/users/v1/users/', {
      ...RAVI,
      groups,
      primary_group: GROUP.emea,
    });

    const page = await signIn();

    assert.equal(page.status, 200);
    assert.equal(field(page, 'collections'), 'EMEA, EMEA raw material, Brand library');
    assert.match(page.body, /Wool mill interview/);
    assert.doesNotMatch(page.body, /Store opening, Boston/);
    const after_ = await api.call<User & { last_web_login: string }>('GET', `/users/v1/users/${id}/`);
    assert.match(after_.last_web_login, /^\d{4}-/);
    assert.equal(after_.type, 'STANDARD');
  });

  test('who is INACTIVE or BLOCKED is refused, and let in again when ACTIVE', async () => {
    const { id } = await api.call<User>('POST', '/users/v1/users/', RAVI);
    for (const status of ['INACTIVE', 'BLOCKED']) {
      await api.call('PATCH', `/users/v1/users/${id}/`, { status });
      assert.equal((await signIn()).status, 401);
      assert.match(problem(), new RegExp(status));
    }
    const { last_unsuccessful_auth } = await api.call<{ last_unsuccessful_auth: string }>(
      'GET',
      `/users/v1/users/${id}/`,
    );
    assert.match(last_unsuccessful_auth, /^\d{4}-/);

    await api.call('PATCH', `/users/v1/users/${id}/`, { status: 'ACTIVE' });
    assert.equal((await signIn()).status, 200);
  });

  test('who was deactivated while signed in is out, and the page says nothing any more', async () => {
    const browser = new Browser();
    const { id } = await api.call<User>('POST', '/users/v1/users/', RAVI);
    await signIn({}, undefined, browser);

    await api.call('PATCH', `/users/v1/users/${id}/`, { status: 'INACTIVE' });

    assert.equal(field(await browser.open(sandbox.url('iconik'), NOWHERE), 'email'), undefined);
  });

  test('who is invited and has not accepted is refused', async () => {
    const kim = { ...RAVI, email: 'kim@brightline.example' };
    turn({ foreignPerson: 'invited-active' });
    await api.call('POST', '/users/v1/users/', kim);

    assert.equal((await signIn({ nameId: kim.email })).status, 401);
    assert.match(problem(), /invitation/);
    act('accept-invitation', { email: kim.email });
    assert.equal((await signIn({ nameId: kim.email })).status, 200);
  });

  test('who was deleted comes back as somebody new, or not at all, by switch', async () => {
    const { id } = await api.call<User>('POST', '/users/v1/users/', RAVI);
    await api.call('DELETE', `/users/v1/users/${id}/`);
    assert.equal((await signIn()).status, 200);
    assert.equal(await api.status('GET', `/users/v1/users/${id}/`), 404);

    sandbox.reset();
    turn({ deletedMail: 'stays-taken' });
    const { id: second } = await api.call<User>('POST', '/users/v1/users/', RAVI);
    await api.call('DELETE', `/users/v1/users/${second}/`);
    assert.equal((await signIn()).status, 401);
  });

  test('keeps a group that the API gave until sign-on takes care of that group, by switch', async () => {
    const groupsAfter = async (mappedGroups: string): Promise<string[] | undefined> => {
      sandbox.reset();
      turn({ mappedGroups });
      await api.call('POST', '/users/v1/groups/mappings/', { name: 'video@staff', group_id: GROUP.emea });
      await api.call('POST', '/users/v1/users/', { ...RAVI, groups: [GROUP.emea] });
      await signIn();
      return state().users.find(({ email }) => email === RAVI.email)?.groups;
    };

    assert.deepEqual(await groupsAfter('managed-when-sent'), ['Media EMEA']);
    assert.deepEqual(await groupsAfter('managed-at-once'), []);
  });

  test('is counted for billing', async () => {
    await signIn();
    await signIn();

    const day = clock.now().toISOString().slice(0, 10);
    const [usage] = await api.list<Record<string, unknown>>(`/stats/v1/user/audit/by/day/?from_date=${day}`);
    assert.deepEqual([usage?.['user_email'], usage?.['date'], usage?.['count']], [RAVI.email, day, 2]);
    assert.equal(await api.status('GET', '/stats/v1/user/audit/by/year/'), 404);
  });
});

suite('single sign-on that is set up over the API', () => {
  beforeEach(() => act('remove-identity-providers'));

  test('begins with nothing: nobody signs in', async () => {
    assert.equal(state().serviceProvider, null);
    assert.deepEqual(await api.list(PROVIDERS), []);
    assert.equal((await signIn({}, sandbox.url('iconik', '/login'))).status, 200);
  });

  test('takes the broker’s metadata, mail domains and group mappings, and people sign in', async () => {
    const provider = await api.call<Provider>('POST', PROVIDERS, broker.metadata(), 'application/xml');
    await api.call('POST', DOMAINS, {
      domain: 'Halden.Example',
      identity_provider_id: provider.id,
      system_domain_id: SYSTEM_DOMAIN,
    });
    await api.call('POST', '/users/v1/groups/mappings/', { name: 'media@staff', group_id: GROUP.emea });
    await broker.trust(addressOf('metadata', provider));
    const reads = broker.reads;

    const browser = new Browser();
    broker.answer = { nameId: RAVI.email, attributes: { first_name: ['Ravi'], groups: ['media@staff'] } };
    const login = await browser.open(sandbox.url('iconik'), NOWHERE);
    const request = await browser.submit(login, { email: RAVI.email }, NOWHERE);
    const library = await browser.submit(await browser.submit(request, {}, NOWHERE), {}, NOWHERE);

    assert.equal(provider.settings['idp_sso_post_url'], `${broker.origin}/saml/sso`);
    assert.equal(provider.settings['idp_x509cert'], certificate());
    assert.equal(field(library, 'groups'), 'Media EMEA');
    assert.equal(broker.reads, reads, 'iconik keeps what was posted and reads no metadata by itself');
    const [ravi] = state().users.filter(({ email }) => email === RAVI.email);
    assert.equal(ravi?.identity_provider_id, provider.id);
    const slo = await browser.visit(sandbox.url('iconik', '/logout'), { method: 'POST' });
    assert.match(slo.headers.location ?? '', /\/saml\/slo\?SAMLRequest=/);
  });

  test('takes JSON too, and says what is missing', async () => {
    const create = (body: unknown) => api.refusal('POST', PROVIDERS, body);
    const made = await api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: settings() });

    assert.equal(made.settings['name'], 'Vestibule');
    assert.deepEqual(await create({ type: 'GENERIC' }), [400, { settings: 'This field is required' }]);
    assert.deepEqual(
      await create({ type: 'GENERIC', settings: { ...settings(), idp_entity_id: undefined } }),
      [400, { idp_entity_id: 'This field is required' }],
    );
    assert.equal((await create({ type: 'GENERIC', settings: { ...settings(), idp_x509cert: '' } }))[0], 400);
    assert.equal((await create({ type: 'saml', settings: settings() }))[0], 400);
    assert.equal((await api.send('POST', PROVIDERS, '<a/>', 'application/xml')).status, 400);
  });

  test('shows what metadata would become, without keeping it', async () => {
    const reply = await api.send('POST', `${PROVIDERS}convert/`, broker.metadata(), 'application/xml');

    assert.equal(reply.status, 201);
    assert.equal((reply.json() as Provider).settings['idp_entity_id'], broker.entityId);
    assert.deepEqual(await api.list(PROVIDERS), []);
  });

  test('has one certificate: after a rotation nobody signs in until it is patched', async () => {
    const provider = await api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: settings() });
    await broker.trust(addressOf('metadata', provider));
    assert.equal((await signIn({}, addressOf('sso', provider))).status, 200);
    const old = broker.key;
    broker.key = await makeSigningKey();

    assert.equal((await signIn({}, addressOf('sso', provider))).status, 401);
    await api.call('PATCH', `${PROVIDERS}${provider.id}/`, { settings: settings() });
    assert.equal((await signIn({}, addressOf('sso', provider))).status, 200);
    broker.key = old;
  });

  test('a fingerprint wants the certificate inside the message', async () => {
    const { idp_x509cert: _none, ...rest } = settings();
    const print = createHash('sha256')
      .update(new X509Certificate(broker.key.certificatePem).raw)
      .digest('hex');
    const algorithm = 'http://www.w3.org/2001/04/xmlenc#sha256';
    const given = { ...rest, cert_fingerprint: print, cert_fingerprint_algorithm: algorithm };
    const provider = await api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: given });
    await broker.trust(addressOf('metadata', provider));
    const bring = async (keyInfo: string): Promise<number> => {
      const xml = Buffer.from(
        await broker.response({ nameId: RAVI.email, attributes: { first_name: ['R'] } }),
        'base64',
      );
      const text = xml.toString('utf8').replace(/<\/([a-z]+:)?SignatureValue>/, (end) => end + keyInfo);
      return (await post(new Browser(), addressOf('acs', provider), Buffer.from(text).toString('base64')))
        .status;
    };
    const info = (body: string): string =>
      `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
    const own = broker.key;

    assert.deepEqual([await bring(''), await bring(info(certificate()))], [401, 302]);
    // Somebody else's signature, with the certificate that fits it.
    broker.key = await makeSigningKey();
    assert.equal(await bring(info(certificate())), 401);
    broker.key = own;
  });

  test('asks for signatures as its settings say', async () => {
    const lax = { ...settings(), want_messages_signed: false, want_assertions_signed: true };
    const provider = await api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: lax });
    await broker.trust(addressOf('metadata', provider));
    const start = addressOf('sso', provider);

    assert.equal((await signIn({ sign: 'assertion' }, start)).status, 200);
    await api.call('PATCH', `${PROVIDERS}${provider.id}/`, {
      settings: { ...lax, want_messages_signed: true },
    });
    assert.equal((await signIn({ sign: 'assertion' }, start)).status, 401);
  });

  test('is taken down with its domains and bindings', async () => {
    const provider = await api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: settings() });
    const bind = {
      domain: 'halden.example',
      identity_provider_id: provider.id,
      system_domain_id: SYSTEM_DOMAIN,
    };
    await api.call('POST', DOMAINS, bind);
    await api.call('PUT', `/users/v1/users/${USER.elin}/saml/`, {
      email: 'elin@halden.example',
      identity_provider_id: provider.id,
    });

    assert.equal(await api.status('DELETE', `${PROVIDERS}${provider.id}/`), 204);
    assert.equal(await api.status('GET', `${PROVIDERS}${provider.id}/`), 404);
    assert.equal((await api.call<User>('GET', `/users/v1/users/${USER.elin}/`)).identity_provider_id, null);
    assert.equal(await api.status('DELETE', `${DOMAINS}halden.example/`), 404);
    assert.equal(await api.status('GET', `/auth/v1/auth/saml/metadata/${provider.public_id}/`), 404);
  });

  test('a domain has one identity provider, and only this system domain', async () => {
    const make = () => api.call<Provider>('POST', PROVIDERS, { type: 'GENERIC', settings: settings() });
    const [one, two] = [await make(), await make()];
    const bind = (id: string, system_domain_id = SYSTEM_DOMAIN) =>
      api.status('POST', DOMAINS, { domain: 'halden.example', identity_provider_id: id, system_domain_id });

    assert.deepEqual([await bind(one.id), await bind(one.id), await bind(two.id)], [201, 201, 400]);
    assert.deepEqual([await bind(USER.elin), await bind(one.id, USER.elin)], [400, 400]);
    assert.equal((await api.list<Provider>(`${PROVIDERS}?per_page=1&last_id=${one.id}`))[0]?.id, two.id);
    assert.equal(
      (await api.call<Provider>('GET', `${PROVIDERS}${one.id}/`)).settings['domain_name'],
      'halden.example',
    );
  });

  test('needs its own roles', async () => {
    assert.deepEqual(await api.as('elin@halden.example').refusal('POST', PROVIDERS, {}), [
      403,
      ['Required role is missing: can_write_identity_providers'],
    ]);
  });
});

suite('the identity provider of the demo', () => {
  test('shows what it read in the broker’s metadata, until it gets settings', async () => {
    const [provider] = await api.list<Provider>(PROVIDERS);
    assert.equal(provider?.settings['idp_entity_id'], broker.entityId);

    const own = { ...settings(), idp_entity_id: 'https://elsewhere.example' };
    await api.call('PATCH', `${PROVIDERS}${provider?.id}/`, { settings: own });

    assert.equal((await signIn()).status, 401);
    assert.match(problem(), /issuer/);
  });

  test('can be addressed as in older set-ups', async () => {
    const [provider] = await api.list<Provider>(PROVIDERS);
    const status = (domain: string) =>
      new Browser().visit(
        sandbox.url('iconik', `/API/auth/v1/auth/saml/metadata/${domain}/${provider?.id}/`),
      );

    assert.equal((await status(SYSTEM_DOMAIN)).status, 200);
    assert.equal((await status(USER.elin)).status, 404);
  });

  test('is bound to a user, by the address that it sends, and unbound', async () => {
    const [provider] = await api.list<Provider>(PROVIDERS);
    const path = `/users/v1/users/${USER.elin}/saml/`;
    const body = { email: 'elin.aasen@halden.example', identity_provider_id: provider?.id };

    const bound = await api.call<User>('PUT', path, body);
    assert.deepEqual([bound.email, bound.identity_provider_id], [body.email, provider?.id]);
    assert.equal((await api.call<User>('DELETE', path)).identity_provider_id, null);
    assert.equal(await api.status('PUT', path, { ...body, identity_provider_id: USER.elin }), 400);
    assert.equal(await api.status('PUT', path, { ...body, email: 'jonah@halden.example' }), 400);
  });
});
