import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { compose } from '../../src/app/compose.ts';
import { ConfigFile, type Configuration, checkFile, expand } from '../../src/app/index.ts';
import { onBehalfOf } from '../../src/app/outgoing.ts';
import { ConfigurationError } from '../../src/base/index.ts';
import { parseConfig } from '../../src/platform/config/index.ts';
import { createHttpClient, type HttpRequest } from '../../src/platform/http/index.ts';

// The file and what was made over the API, put together.

const DEMO = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'demo.yaml'), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function file(change: (tree: any) => void = () => undefined): Configuration {
  const tree: unknown = parse(DEMO);
  change(tree);
  return expand(parseConfig(stringify(tree), '/', ConfigFile, checkFile));
}

function oidc(id: string, more: object = {}) {
  const document = {
    ...{ id, kind: 'oidc', roles: [{ id: 'editor' }], clientSecrets: ['a-secret'] },
    ...{ redirectUris: [`https://${id}.example/callback`], ...more },
  };
  return { id, document };
}

function composed(objects: readonly { id: string; document?: never | object }[], of = file()) {
  const { config, leftOut } = compose(of, { objects: objects as never, deleted: [] });
  const own = new Set(of.relyingParties.map(({ id }) => id));
  return {
    config,
    inForce: config.relyingParties.map(({ id }) => id).filter((id) => !own.has(id)),
    leftOut: Object.fromEntries([...leftOut].map(([id, problems]) => [id, problems.map(({ path }) => path)])),
  };
}

suite('objects of the API beside the file', () => {
  test('become what the same lines in the file would be, and are marked', () => {
    const { document } = oidc('catalog');
    const inFile = file((tree) => tree.relyingParties.push(document));

    const { config } = composed([{ id: 'catalog', document }]);

    const { origin, ...party } = config.relyingParties.at(-1) ?? assert.fail();
    assert.equal(origin, 'api');
    assert.deepEqual(JSON.stringify(party), JSON.stringify(inFile.relyingParties.at(-1)));
    assert.ok(config.relyingParties.slice(0, -1).every((each) => each.origin === undefined));
  });

  test('bring their target along, marked too', () => {
    const document = {
      ...{ id: 'shop', kind: 'bigcommerce-storefront', storeHash: 'abc', channelId: 1 },
      ...{ login: [{ clientId: 'x', clientSecret: 'y' }], api: [{ accessToken: 'z' }] },
      roles: [{ id: 'buyer' }],
    };
    const { config } = composed([{ id: 'shop', document }]);

    assert.equal(config.targets.at(-1)?.id, 'shop');
    assert.equal(config.targets.at(-1)?.origin, 'api');
  });

  test('that do not fit are left out one by one, each for its own reason', () => {
    const { inForce, leftOut } = composed([
      oidc('sound'),
      oidc('schema', { redirectUris: [] }),
      oidc('wiki'),
      { id: 'sealed' },
      oidc('claims', { claims: { x: 'nobody.knows' } }),
      oidc('target', { resources: ['nowhere'] }),
      oidc('other-sound', { resources: ['sound'] }),
    ]);

    assert.deepEqual(inForce, ['sound', 'other-sound']);
    assert.deepEqual(leftOut, {
      schema: ['redirectUris'],
      wiki: ['id'],
      sealed: ['(top level)'],
      claims: ['claims.x'],
      target: ['resources[0]'],
    });
  });

  test('take those along that lean on them', () => {
    const { inForce, leftOut } = composed([
      oidc('sound'),
      oidc('first', { resources: ['second'] }),
      oidc('second', { resources: ['third'] }),
      oidc('third', { claims: { x: 'nobody.knows' } }),
    ]);

    assert.deepEqual(inForce, ['sound']);
    assert.deepEqual(Object.keys(leftOut).sort(), ['first', 'second', 'third']);
  });

  test('are found out when what they break is elsewhere', () => {
    const ruled = file((tree) => {
      tree.rules.push({ id: 'r', when: 'true', give: [{ relyingParty: 'ruled', roles: ['reader'] }] });
      tree.machines = [{ id: 'machine', clientSecrets: ['x'], scopes: ['y'] }];
    });
    const { inForce, leftOut } = composed(
      [oidc('a'), oidc('machine'), oidc('b'), oidc('ruled'), oidc('c')],
      ruled,
    );

    assert.deepEqual(inForce, ['a', 'b', 'c']);
    assert.deepEqual(Object.keys(leftOut).sort(), ['machine', 'ruled']);
  });

  test('of an entity id that two have, the elder keeps it', () => {
    const saml = (id: string) => ({
      id,
      document: {
        ...{ id, kind: 'saml', entityId: 'https://one.example', roles: [{ id: 'reader' }] },
        acs: [{ url: `https://${id}.example/acs` }],
      },
    });

    assert.deepEqual(composed([saml('elder'), saml('younger')]).inForce, ['elder']);
  });

  test('a thousand of them cost little, one bad one among them too', { timeout: 20_000 }, () => {
    const many = Array.from({ length: 1_000 }, (_, index) => oidc(`app-${index}`));
    const { inForce } = composed([...many, oidc('bad', { claims: { x: 'nobody.knows' } })]);

    assert.equal(inForce.length, 1_000);
  });
});

suite('rules of the file', () => {
  const ruled = (id: string) =>
    file((tree) => {
      tree.rules.push({ id: 'r', when: 'true', give: [{ relyingParty: id, roles: ['editor'] }] });
    });

  test('may name what was made over the API, whether it works, is left out or was deleted', () => {
    const works = compose(ruled('catalog'), { objects: [oidc('catalog')] as never, deleted: [] });
    const broken = compose(ruled('catalog'), { objects: [{ id: 'catalog' }], deleted: [] });
    const deleted = compose(ruled('catalog'), { objects: [], deleted: ['catalog'] });

    assert.deepEqual(works.config.absent, []);
    assert.deepEqual(broken.config.absent, ['catalog']);
    assert.deepEqual(deleted.config.absent, ['catalog']);
  });

  test('may not name what is nowhere', () => {
    assert.throws(
      () => compose(ruled('catalogue'), { objects: [oidc('catalog')] as never, deleted: [] }),
      (error) =>
        error instanceof ConfigurationError && /unknown relying party "catalogue"/.test(error.message),
    );
  });
});

suite('what is called for an object of the API', () => {
  test('is foreign, whatever the room says; for others the room decides', async () => {
    const asked: HttpRequest[] = [];
    const http = createHttpClient({ allowInsecureLoopback: false });
    const client = onBehalfOf(
      {
        ...http,
        request: async (request) => {
          asked.push(request);
          return { status: 200, headers: {}, body: '' };
        },
      },
      (id) => id === 'of-the-api',
    );
    const url = new URL('https://example.com');
    await client.request({ method: 'GET', url, system: 'of-the-api', trust: 'configured' });
    await client.request({ method: 'GET', url, system: 'of-the-file' });
    await http[Symbol.asyncDispose]();

    assert.deepEqual(
      asked.map(({ trust }) => trust),
      ['foreign', undefined],
    );
  });

  test('does not reach loopback or the private network, by request or by fetch', async () => {
    await using http = createHttpClient({ allowInsecureLoopback: false });
    const client = onBehalfOf(http, () => true);
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', 'localhost']) {
      const url = new URL(`https://${host}:8443/`);
      const blocked = (error: unknown): boolean =>
        error instanceof Error && 'code' in error && error.code === 'http.blocked_url';
      await assert.rejects(client.request({ method: 'GET', url, system: 'catalog' }), blocked, host);
      await assert.rejects(client.fetchFor('catalog')(url), blocked, host);
    }
  });
});
