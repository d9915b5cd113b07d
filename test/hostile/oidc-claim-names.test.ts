import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Api, openApi, withMachines } from '../support/admin-api.ts';
import { carried, leaveFor, openApplication, redeem } from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

// The names of all configured claims go into one provider: what one application calls its claims must change nothing
// for the others.

const SECRET = 'a-secret-of-the-catalog';
const redirectUri = 'http://catalog.localhost:9/callback';
const catalog = { id: 'catalog', kind: 'oidc', roles: [{ id: 'editor' }], clientSecrets: [SECRET] };

async function idTokenClaims(world: World, scope: string): Promise<Readonly<Record<string, unknown>>> {
  const application = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri });
  const browser = world.browser();
  const leaving = await leaveFor(application, { scope });
  const path = `${leaving.url.pathname}${leaving.url.search}`;
  const callback = await carried(browser, () => world.signIn(browser, 'ines', path), redirectUri);
  return (await redeem(application, leaving, callback)).claims() ?? {};
}

suite('an application that chooses the names of its claims', () => {
  let world: World;
  let api: Api;
  before(async () => {
    world = await startWorld({ configure: withMachines });
    api = await openApi(world);
    const answer = await api.create({ ...catalog, redirectUris: [redirectUri] });
    assert.equal(answer.status, 201, answer.text);
    await world.apply((config) => {
      const give = [{ relyingParty: 'catalog', roles: ['editor'] }];
      config.rules.push({ id: 'catalog', when: 'true', give });
    });
  });
  after(() => world[Symbol.asyncDispose]());

  const other = (claims: readonly string[]): object => ({
    ...{ ...catalog, id: 'other', redirectUris: ['http://other.localhost:9/callback'] },
    claims: Object.fromEntries(claims.map((name) => [name, '"x"'])),
  });

  test('cannot choose one that every object has: the others would lose theirs', async () => {
    const answer = await api.create(other(['constructor', 'hasOwnProperty']));

    assert.equal(answer.status, 422);
    assert.deepEqual(
      answer.body.problems.map(({ path }: { path: string }) => path),
      ['claims.constructor', 'claims.hasOwnProperty'],
    );
  });

  test('gives the others no more of a person than they asked for', async () => {
    assert.equal((await api.create(other(['email', 'name', 'openid', 'profile']))).status, 201);

    const little = await idTokenClaims(world, 'openid');
    const more = await idTokenClaims(world, 'openid email');

    assert.deepEqual([little['email'], little['name']], [undefined, undefined]);
    assert.deepEqual([more['email'], more['name']], ['ines@halden.example', undefined]);
  });
});
