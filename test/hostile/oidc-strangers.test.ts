import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type OidcWorld, openOidcWorld, SECRET, signOn } from '../issuing/oidc-world.ts';

// The access log is for ever. What strangers send under the name of an application, which everybody knows, is counted
// like any junk (R6.3): one line a minute, not one for each of any number of requests.

const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${btoa(`${id}:${encodeURIComponent(secret)}`)}`,
});

async function ask(
  world: OidcWorld,
  body: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<number> {
  const request = { method: 'POST', body: new URLSearchParams(body), headers };
  return (await world.fetch(world.url('/oidc/token'), request)).status;
}

suite('a token request that nothing proves', () => {
  const refresh = { grant_type: 'refresh_token', refresh_token: 'made-up' };
  const variants: Readonly<
    Record<string, readonly [body: Record<string, string>, headers?: Record<string, string>]>
  > = {
    'with a wrong secret': [refresh, basic('wiki', 'guessed')],
    'with a wrong secret in the body': [{ ...refresh, client_id: 'wiki', client_secret: 'guessed' }],
    'with no secret': [{ ...refresh, client_id: 'wiki' }],
    'with an assertion that nobody signed': [
      {
        ...{ ...refresh, client_id: 'wiki', client_assertion: 'e30.e30.' },
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
    ],
    'with the headers of a proof that is not offered': [
      { ...refresh, client_id: 'wiki' },
      { 'oauth-client-attestation-pop': 'x' },
    ],
    'with both of them': [
      { ...refresh, client_id: 'wiki' },
      {
        'oauth-client-attestation': `e30.${btoa('{"sub":"wiki"}').replaceAll('=', '')}.`,
        'oauth-client-attestation-pop': 'x',
      },
    ],
    'of a public application, with a made-up token': [{ ...refresh, client_id: 'spa' }],
    'of a public application, with a made-up code': [
      {
        ...{ grant_type: 'authorization_code', code: 'made-up', client_id: 'spa' },
        ...{ redirect_uri: 'http://spa.localhost/callback', code_verifier: 'x'.repeat(43) },
      },
    ],
    'of a public application, for a grant that it may not use': [
      { grant_type: 'client_credentials', client_id: 'spa' },
    ],
  };
  for (const [what, [body, headers]] of Object.entries(variants)) {
    test(`${what} is counted, and not recorded one by one`, async (t) => {
      const world = await openOidcWorld(t);
      const statuses = await Promise.all(Array.from({ length: 5 }, () => ask(world, body, headers)));

      assert.ok(
        statuses.every((status) => status >= 400 && status < 500),
        String(statuses),
      );
      assert.deepEqual([world.events, world.log.junk], [[], 5]);
    });
  }

  test('is recorded when it holds the secret, or a token of somebody', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'spa');
    await ask(world, refresh, basic('wiki', SECRET));
    assert.deepEqual(
      world.events.map(({ type }) => type),
      ['token.refused'],
    );

    const { exchange } = await signOn(world, { id: 'spa' });
    const tokens = await exchange();
    world.people.forbid('mira', 'spa');
    await ask(world, { ...refresh, refresh_token: tokens.refresh_token ?? '', client_id: 'spa' });

    const refused = world.events.at(-1);
    assert.deepEqual([refused?.type, refused?.personId], ['token.refused', world.people.id('mira')]);
  });
});
