import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createHttpClient, type HttpClient } from '../../src/platform/http/index.ts';
import type { OpenTarget, ReadAccount, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { atCreation, type B2bTargetWorld, budget, holds, startB2b } from './b2b-world.ts';

type Data = Record<string, unknown>;
/** What an answer to `POST /users` says instead, and so on. */
type Lies = Readonly<Record<string, (data: Data) => Data>>;

/** A store whose answers to some requests name somebody else. */
async function lying(
  world: B2bTargetWorld,
  lies: Lies,
): Promise<AsyncDisposable & { readonly target: OpenTarget; readonly sent: readonly string[] }> {
  const http = createHttpClient({ allowInsecureLoopback: true });
  const sent: string[] = [];
  const through: HttpClient = {
    ...http,
    request: async (request) => {
      const path = request.url.pathname.replace(/^\/(api\/v3\/io|stores\/[^/]+)/, '');
      const call = `${request.method} ${path}`;
      sent.push(call);
      const answer = await http.request(request);
      const lie = lies[call];
      if (!lie || answer.status !== 200) return answer;
      const body = JSON.parse(answer.body) as { data: Data | readonly Data[] };
      const data = Array.isArray(body.data) ? body.data.map(lie) : lie(body.data as Data);
      return { ...answer, body: JSON.stringify({ ...body, data }) };
    },
  };
  const target = world.open({}, undefined, through);
  const prepared = await world.target.prepare(budget());
  assert.ok(prepared.outcome === 'prepared');
  target.restore(prepared.facts);
  return { target, sent, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

async function customerOf(world: B2bTargetWorld, mail: string): Promise<ReadAccount> {
  const image = world.image(world.person({ mail }), holds('purchasing'));
  const made = await world.target.create(atCreation(world.target, image), 'marker', budget());
  assert.ok(made.outcome === 'written');
  return made.account;
}

function stand(
  target: OpenTarget,
  account: ReadAccount,
  changes: ReadAccount['image'],
  call = 'standing',
): Promise<WriteAnswer> {
  const { externalId, image: current, refs } = account;
  const rest = { desired: current, marker: 'unused', takeOver: false };
  return target.update({ externalId, call, current, changes, refs, ...rest }, budget());
}

const BUYER = { company: 'Orchard Supply', role: 'senior-buyer' };

suite('an answer that names somebody else', () => {
  test('deletes nobody whom this request did not make', async () => {
    await using world = await startB2b();
    const other = await world.make(world.person(), holds('purchasing'));
    const userId = Number(other.refs['user']);
    const account = await customerOf(world, 'new@halden.example');
    await using liar = await lying(world, {
      'POST /users': () => ({ userId, bcId: Number(other.externalId) }),
    });

    const answer = await stand(liar.target, account, BUYER);

    assert.ok(answer.outcome === 'blocked');
    assert.match(
      answer.reasons[0] ?? '',
      new RegExp(
        `took customer ${other.externalId} for the user ${userId}.*delete this user, unless somebody else`,
      ),
    );
    assert.ok(!liar.sent.some((call) => call.startsWith('DELETE')));
    assert.ok(
      world.state().b2b.users.some(({ id }) => id === userId),
      'still there',
    );
  });

  test('and of whom it made one, that one is deleted again', async () => {
    await using world = await startB2b();
    const account = await customerOf(world, 'new@halden.example');
    await world.make(world.person(), holds('purchasing'));
    await using liar = await lying(world, { 'POST /users': (data) => ({ ...data, bcId: 999 }) });

    const answer = await stand(liar.target, account, BUYER);

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /took customer 999 .* this user was deleted again; give one of/);
    assert.ok(!world.state().b2b.users.some(({ email }) => email === 'new@halden.example'));
  });

  test('does not tell which role somebody has now', async () => {
    await using world = await startB2b();
    const account = await world.make(world.person(), holds('purchasing'));
    const path = `PUT /users/${account.refs['user']}`;
    await using liar = await lying(world, { [path]: (data) => ({ ...data, id: 4711 }) });

    const answer = await stand(liar.target, account, { role: 'Approver' });

    assert.ok(answer.outcome === 'unavailable' && answer.code === 'provisioning.bad_answer');
  });

  test('gives no companies to another super admin', async () => {
    await using world = await startB2b();
    const other = await world.make(world.person(), holds('fjord-manager'));
    const account = await customerOf(world, 'manager@halden.example');
    await using liar = await lying(world, {
      'POST /super-admins': (data) => ({ ...data, userId: Number(other.refs['superAdmin']) }),
    });

    const made = await stand(liar.target, account, { superAdmin: 'yes' });
    assert.ok(made.outcome === 'written');
    const assigned = await stand(
      liar.target,
      { ...account, refs: made.account.refs },
      { companies: ['Orchard Supply'] },
      'assignments',
    );

    assert.equal(assigned.outcome, 'written');
    const companies = Object.fromEntries(
      world.state().b2b.superAdmins.map((admin) => [admin.email, admin.companies]),
    );
    assert.deepEqual(companies['manager@halden.example'], [503]);
    assert.deepEqual((await world.read(other)).image['companies'], ['Fjord Hospitality']);
  });

  test('makes no account of another customer', async () => {
    await using world = await startB2b();
    const image = world.image(world.person(), holds('purchasing'));
    await using liar = await lying(world, {
      'POST /v3/customers': (data) => ({ ...data, id: 103, email: 'pat@orchard.example' }),
    });

    const answer = await liar.target.create(atCreation(liar.target, image), 'marker', budget());

    assert.deepEqual(answer, {
      ...{ outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true },
    });
  });
});

test('nothing is said about a customer group to B2B Edition', async () => {
  await using world = await startB2b();
  const account = await customerOf(world, 'new@halden.example');
  world.forgetCalls();

  const answer = await stand(world.target, account, BUYER);

  assert.equal(answer.outcome, 'written');
  const bodies = JSON.stringify(world.state().b2b['calls']);
  assert.ok(!/customerGroup/i.test(bodies));
});
