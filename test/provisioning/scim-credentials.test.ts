import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SECOND } from '../../src/base/index.ts';
import { wikiCredentials } from '../../src/sandbox/wiki/index.ts';
import { type Answering, startScimStub } from './scim-stub.ts';
import { budget, startScimTarget } from './scim-world.ts';

const EMPTY = { body: { totalResults: 0, Resources: [] } };

suite('bearer tokens', () => {
  const only =
    (good: string): Answering =>
    ({ headers }) =>
      headers['authorization'] === `Bearer ${good}` ? EMPTY : { status: 401 };

  test('are tried newest first, and the one that works stays', async () => {
    await using stub = await startScimStub(only('older'), {
      tokens: [{ token: 'newest' }, { token: 'older' }],
    });

    const answers = [
      await stub.target.list?.(undefined, budget()),
      await stub.target.list?.(undefined, budget()),
    ];

    assert.deepEqual(
      answers.map((each) => each?.outcome),
      ['listed', 'listed'],
    );
    assert.deepEqual(
      stub.received.map(({ headers }) => headers['authorization']),
      ['Bearer newest', 'Bearer older', 'Bearer older'],
    );
  });

  test('the newest one serves once the older is revoked', async () => {
    let good = 'older';
    await using stub = await startScimStub((request) => only(good)(request), {
      tokens: [{ token: 'newest' }, { token: 'older' }],
    });
    await stub.target.list?.(undefined, budget());
    good = 'newest';

    assert.equal((await stub.target.list?.(undefined, budget()))?.outcome, 'listed');
  });

  test('that are all refused are told as such, each tried once', async () => {
    await using stub = await startScimStub(only('none'), {
      tokens: [{ token: 'newest' }, { token: 'older' }],
    });

    const answer = await stub.target.list?.(undefined, budget());

    assert.ok(answer?.outcome === 'unavailable');
    assert.equal(answer.code, 'provisioning.token_revoked');
    assert.equal(stub.received.length, 2);
  });

  test('may travel in a header of their own', async () => {
    await using stub = await startScimStub(() => EMPTY, { tokenHeader: 'X-Api-Key' });

    await stub.target.list?.(undefined, budget());

    assert.equal(stub.received[0]?.headers['x-api-key'], 'newest');
    assert.equal(stub.received[0]?.headers['authorization'], undefined);
  });
});

suite('client credentials', () => {
  const { clientId, clientSecret } = wikiCredentials;
  const oauth = (tokenUrl: string, change = {}) => ({
    oauth: { tokenUrl, clients: [{ clientId, clientSecret }], scope: 'scim', ...change },
  });

  for (const sendSecret of ['basic', 'post'] as const) {
    test(`by ${sendSecret}: one token for many calls at once, and a new one when it is over`, async () => {
      await using world = await startScimTarget({ positions: { scimTokenSeconds: 600 } });
      const target = world.open(oauth(world.sandbox.url('wiki', '/oauth/token'), { sendSecret }));
      const tokens = () => world.calls().filter((call) => call === 'POST /oauth/token').length;
      const listAll = () => Promise.all(Array.from({ length: 10 }, () => target.list?.(undefined, budget())));
      world.forgetCalls();

      const first = await listAll();
      const asked = tokens();
      world.clock.advance(500 * SECOND);
      await listAll();
      const still = tokens();
      world.clock.advance(60 * SECOND);
      const last = await listAll();

      assert.ok([...first, ...last].every((each) => each?.outcome === 'listed'));
      assert.deepEqual([asked, still, tokens()], [1, 1, 2]);
    });
  }

  test('a token that was revoked is replaced within the call', async () => {
    await using world = await startScimTarget();
    const target = world.open(oauth(world.sandbox.url('wiki', '/oauth/token')));
    await target.list?.(undefined, budget());
    world.act('revoke-tokens');

    assert.equal((await target.list?.(undefined, budget()))?.outcome, 'listed');
  });

  test('an older client serves while the newest is not known yet', async () => {
    await using world = await startScimTarget();
    const clients = [
      { clientId: 'wiki-2', clientSecret: 'new' },
      { clientId, clientSecret },
    ];
    const target = world.open(oauth(world.sandbox.url('wiki', '/oauth/token'), { clients }));

    assert.equal((await target.list?.(undefined, budget()))?.outcome, 'listed');
  });

  test('ids and secrets are encoded before they are joined', async () => {
    await using stub = await startScimStub(({ path }) =>
      path === '/token' ? { body: { access_token: 'good', token_type: 'Bearer' } } : EMPTY,
    );
    const clients = [{ clientId: 'a:b c', clientSecret: 'p%+ü' }];
    const target = stub.open({ oauth: { tokenUrl: `${stub.url}/token`, clients, audience: 'wiki' } });

    await target.list?.(undefined, budget());

    const [asked, used] = stub.received;
    const basic = String(asked?.headers['authorization']).replace('Basic ', '');
    assert.equal(Buffer.from(basic, 'base64').toString(), 'a%3Ab+c:p%25%2B%C3%BC');
    assert.equal(asked?.body, 'grant_type=client_credentials&audience=wiki');
    assert.equal(used?.headers['authorization'], 'Bearer good');
  });

  const REFUSALS = [
    [{ status: 401, body: { error: 'invalid_client' } }, 'provisioning.token_revoked'],
    [{ status: 400, body: { error: 'invalid_client' } }, 'provisioning.token_revoked'],
    [{ status: 500 }, 'provisioning.target_error'],
    [{ status: 429 }, 'provisioning.rate_limited'],
    [{ status: 200, body: '<html>' }, 'provisioning.bad_answer'],
    [{ status: 200, body: { access_token: 'a\r\nx: y' } }, 'provisioning.bad_answer'],
    [{ status: 200, body: { access_token: 'abc', token_type: 'mac' } }, 'provisioning.bad_answer'],
    [{ status: 302, headers: { location: 'https://elsewhere.example/' } }, 'provisioning.bad_answer'],
  ] as const;
  for (const [reply, code] of REFUSALS) {
    test(`no token (${reply.status} ${JSON.stringify('body' in reply ? reply.body : '')}) is ${code}, and no write left`, async () => {
      await using stub = await startScimStub(({ path }) => (path === '/token' ? reply : EMPTY));
      const target = stub.open(oauth(`${stub.url}/token`));

      const answer = await target.create({ userName: 'x' }, 'unused', budget());

      assert.ok(answer.outcome === 'unavailable');
      assert.deepEqual([answer.code, answer.maybeApplied], [code, false]);
      assert.deepEqual(
        stub.lines().filter((line) => line.includes('/Users')),
        [],
      );
    });
  }
});

suite('limits', () => {
  for (const [scimRetryAfter, seconds] of [
    ['seconds', 60],
    ['date', 60],
    ['absent', 10],
  ] as const) {
    test(`a quota that is used up says when to come back (Retry-After ${scimRetryAfter})`, async () => {
      await using world = await startScimTarget({ positions: { scimRetryAfter } });
      world.clock.advance(60 * SECOND);
      world.wiki.turn({ scimQuota: 1 });
      await world.target.list?.(undefined, budget());
      world.forgetCalls();

      const first = await world.target.list?.(undefined, budget());
      const second = await world.target.list?.(undefined, budget());

      assert.ok(first?.outcome === 'unavailable' && second?.outcome === 'unavailable');
      assert.deepEqual([first.code, first.retryAfterSeconds], ['provisioning.rate_limited', seconds]);
      assert.equal(second.code, 'provisioning.rate_limited');
      // A named instant is kept to; without one nobody can know.
      assert.equal(world.calls().length, scimRetryAfter === 'absent' ? 2 : 1);
      world.clock.advance(61 * SECOND);
      assert.equal((await world.target.list?.(undefined, budget()))?.outcome, 'listed');
    });
  }
});
