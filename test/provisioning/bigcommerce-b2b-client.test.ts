import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, Secret } from '../../src/base/index.ts';
import type { HttpClient, HttpRequest } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { RateLimit } from '../../src/provisioning/bigcommerce/rate-limit.ts';
import { B2bApi } from '../../src/provisioning/connectors/bigcommerce-b2b/b2b-api.ts';
import { b2bWindow } from '../../src/provisioning/connectors/bigcommerce-b2b/b2b-window.ts';
import { Companies } from '../../src/provisioning/connectors/bigcommerce-b2b/companies.ts';
import { Anything } from '../../src/provisioning/connectors/bigcommerce-b2b/schema.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { budget, holds, startB2b } from './b2b-world.ts';

type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

/** An API of B2B Edition that answers as it is told, in order; the last answer stays. */
function answering(...replies: readonly Reply[]) {
  const sent: HttpRequest[] = [];
  const http: HttpClient = {
    request(request) {
      const {
        status = 200,
        headers = {},
        body,
      } = replies[Math.min(sent.length, replies.length - 1)] ?? {
        body: {},
      };
      sent.push(request);
      return Promise.resolve({
        status,
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    fetchFor: () => assert.fail('not used'),
  };
  const clock = new ManualClock();
  const api = new B2bApi({
    ...{ id: 'b2b', http, clock, log: silentLog, storeHash: 'abc123' },
    b2bUrl: new URL('https://b2b.example'),
    tokens: [new Secret('new'), new Secret('old')],
  });
  return { api, http, sent, clock };
}

const POST = { verb: 'POST', path: '/users', body: {} } as const;
const refusal = (code: number, errMsg: unknown, message = 'Parameter Error') => ({
  status: code,
  body: { code, data: { errMsg }, meta: { message } },
});
const LAST_USER = 'The last user in company can not be deleted.';

for (const [name, reply, expected] of [
  ['a text', refusal(422, LAST_USER), ['last-user', []]],
  [
    'a map in camel case',
    refusal(422, { companyId: ['Company does not exist.'] }),
    ['company', ['companyId']],
  ],
  [
    'a map in snake case',
    refusal(422, { company_id: ['Company does not exist.'] }),
    ['company', ['companyId']],
  ],
  ['a role', refusal(422, { companyRoleId: ['Company role does not exist.'] }), ['role', ['companyRoleId']]],
  ['a mail address', refusal(422, { email: ['Enter a valid email address.'] }), ['mail', ['email']]],
  [
    'a channel',
    refusal(422, 'At least one B2B storefront needs to be enabled for a Company user.'),
    ['channel', []],
  ],
  ['a taken address', refusal(422, "Email already exists. ['a@b.example']"), ['taken', []]],
  ['a taken super admin', { ...refusal(400, undefined, 'The user already exists.') }, ['taken', []]],
  ['a status 200 with another code', { ...refusal(422, LAST_USER), status: 200 }, ['last-user', []]],
  ['words of a mail address', refusal(422, "Wrong. ['duplicate@b.example']"), ['other', []]],
  ['no data at all', { status: 400, body: { code: 400, data: {}, meta: {} } }, ['other', []]],
] as const) {
  test(`an objection is understood from ${name}`, async () => {
    const { api } = answering(reply);

    const answer = await api.send(POST, Anything, budget());

    assert.ok(answer.outcome === 'invalid', JSON.stringify(answer));
    assert.deepEqual([answer.objection, answer.fields], expected);
  });
}

for (const [name, reply, code, maybeApplied] of [
  ['401', refusal(401, 'Invalid token.'), 'provisioning.token_revoked', false],
  [
    '401 in a status 200',
    { ...refusal(401, 'Invalid token.'), status: 200 },
    'provisioning.token_revoked',
    false,
  ],
  ['403', refusal(403, 'No permission'), 'provisioning.forbidden', false],
  ['429', refusal(429, undefined), 'provisioning.rate_limited', false],
  ['429 in a status 200', { ...refusal(429, undefined), status: 200 }, 'provisioning.rate_limited', false],
  ['500', refusal(500, undefined), 'provisioning.target_error', true],
  ['503 and a page', { status: 503, body: '<html>Maintenance</html>' }, 'provisioning.maintenance', true],
  ['a page with status 200', { body: '<html>Welcome</html>' }, 'provisioning.bad_answer', true],
  ['a list where nothing was promised', { body: [] }, 'provisioning.bad_answer', true],
] as const) {
  test(`${name} is ${code}`, async () => {
    const { api } = answering(reply);

    const answer = await api.send(POST, Anything, budget());

    assert.ok(answer.outcome === 'unavailable', JSON.stringify(answer));
    assert.deepEqual([answer.code, answer.maybeApplied], [code, maybeApplied]);
  });
}

test('an older token serves while the newest is not active yet, with the hash of the store', async () => {
  const { api, sent } = answering(refusal(401, 'Invalid token.'), {
    body: { code: 200, data: {}, meta: {} },
  });

  const first = await api.send(POST, Anything, budget());
  await api.send(POST, Anything, budget());

  assert.equal(first.outcome, 'ok');
  assert.deepEqual(
    sent.map(({ headers }) => headers?.['x-auth-token']),
    ['new', 'old', 'old'],
  );
  assert.equal(sent[0]?.headers?.['x-store-hash'], 'abc123');
  assert.ok(sent.every(({ headers }) => headers?.['authtoken'] === undefined));
});

const WINDOW = { 'x-requests-allocated': '150 times/60 s', 'x-requests-remaining': '0' };
for (const [unit, value] of [
  ['seconds', '42'],
  ['milliseconds', '41600'],
] as const) {
  test(`a used-up quota is waited for, its reset told in ${unit}`, async () => {
    const headers = { ...WINDOW, 'x-request-window-resets-after': value };
    const { api, sent, clock } = answering({ headers, body: { code: 200, data: {}, meta: {} } });
    await api.send(POST, Anything, budget());

    const held = await api.send(POST, Anything, budget());

    assert.ok(held.outcome === 'unavailable');
    assert.deepEqual(
      [held.code, held.retryAfterSeconds, held.maybeApplied],
      ['provisioning.rate_limited', 42, false],
    );
    assert.equal(sent.length, 1);
    clock.advance(42_000);
    assert.equal((await api.send(POST, Anything, budget())).outcome, 'ok');
  });
}

test('the last fifth of the quota is kept for sign-ins', () => {
  const limit = new RateLimit(new ManualClock(), b2bWindow);

  limit.observe({ ...WINDOW, 'x-requests-remaining': '30', 'x-request-window-resets-after': '10' });

  assert.equal(limit.waitMs('background'), 10_000);
  assert.equal(limit.waitMs('sign-in'), 0);
});

test('headers that are no numbers are not believed', () => {
  assert.deepEqual(b2bWindow({ 'x-requests-remaining': 'many', 'x-request-window-resets-after': '-1' }), {});
});

const company = (id: number, name: string, status = 1, uuid = '') => ({ id, name, status, uuid });

test('a name means the approved company, whoever else registered under it', () => {
  const companies = new Companies([
    company(1, 'Orchard', 0),
    company(2, 'Orchard'),
    company(3, 'Orchard', 3),
  ]);

  assert.equal(companies.idOf(companies.labelOfRef({ by: 'name', value: 'Orchard' })), 2);
  assert.deepEqual(
    [1, 2, 3].map((id) => companies.labelOf(id)),
    ['Orchard #1', 'Orchard', 'Orchard #3'],
  );
});

test('of two approved companies with one name neither is meant by it', () => {
  const companies = new Companies([company(1, 'Orchard'), company(2, 'Orchard')]);

  assert.equal(
    companies.problemOf(companies.labelOfRef({ by: 'name', value: 'Orchard' }), true),
    'company Orchard',
  );
  assert.equal(companies.idOf(companies.labelOfRef({ by: 'id', value: '2' })), 2);
});

test('no company can take the label of another one by its name', () => {
  const companies = new Companies([
    company(1, 'Orchard'),
    company(2, 'Orchard'),
    company(7, 'Orchard #1'),
    company(8, '#1'),
    company(9, 'id 1#'),
    company(10, ''),
  ]);

  assert.equal(companies.idOf('Orchard #1'), 1);
  assert.equal(companies.idOf(companies.labelOf(7)), 7);
  assert.equal(companies.idOf(companies.labelOf(8)), 8);
  assert.equal(companies.idOf(companies.labelOfRef({ by: 'name', value: 'Orchard #1' })), undefined);
  assert.equal(companies.idOf(companies.labelOfRef({ by: 'id', value: '1000' })), undefined);
  assert.equal(companies.idOf(companies.labelOf(10)), 10);
});

test('an external id that two companies have names neither', () => {
  const companies = new Companies([
    company(1, 'A', 1, 'K-1'),
    company(2, 'B', 1, 'K-1'),
    company(3, 'C', 1, 'K-2'),
  ]);

  assert.equal(companies.idOf(companies.labelOfRef({ by: 'uuid', value: 'K-1' })), undefined);
  assert.equal(companies.idOf(companies.labelOfRef({ by: 'uuid', value: 'K-2' })), 3);
});

test('names of people and companies are sent as they are, however strange', async () => {
  await using world = await startB2b();
  const person = world.person({
    givenName: 'Zoë "Z" <b>',
    familyName: "O'Neill\u0000, 李",
    phone: '+49/40;x',
  });

  const account = await world.make(person, holds('purchasing'));

  assert.deepEqual(
    [account.image['firstName'], account.image['lastName'], account.image['phone']],
    ['Zoë "Z" <b>', "O'Neill , 李", '+49/40;x'],
  );
});

for (const mail of [
  '',
  'a@b',
  'two@a.example,three@a.example',
  'a b@c.example',
  `${'x'.repeat(250)}@a.example`,
]) {
  test(`nobody is made for the mail address "${mail.slice(0, 40)}"`, async () => {
    await using world = await startB2b();

    const answer = world.target.desire(world.person({ id: newId('per'), mail }), holds('purchasing'));

    assert.equal(answer.outcome, 'refused');
  });
}

test('preparing names what the store lacks, and a token without the scope of B2B Edition', async () => {
  await using world = await startB2b();
  const prepared = await world.target.prepare(budget());
  const withoutScope = world.open({ b2b: [{ accessToken: 'sandbox-token-of-emea-api' }] });

  const refused = await withoutScope.prepare(budget());

  assert.ok(prepared.outcome === 'prepared');
  const messages = prepared.problems.map(({ message }) => message);
  assert.ok(
    messages.some((message) => message.includes('company Baltic Interiors, which waits for approval')),
  );
  assert.ok(messages.some((message) => message.includes('role Nothing')));
  assert.equal(refused.outcome === 'unavailable' && refused.code, 'provisioning.forbidden');
});

test('what one process found out serves another', async () => {
  await using world = await startB2b();
  const prepared = await world.target.prepare(budget());
  assert.ok(prepared.outcome === 'prepared');
  const other = world.open();

  other.restore(JSON.parse(JSON.stringify(prepared.facts)));
  other.restore({ nonsense: true });

  assert.deepEqual(other.unresolved(world.image(world.person(), holds('approver'), other)), []);
  assert.equal(other.entryUrl('trade')?.hostname, 'b2b-emea.localhost');
  assert.equal(other.entryUrl('elsewhere'), undefined);
});

test('a call with no time left is not sent', async () => {
  const { api, sent } = answering({ body: {} });

  const answer = await api.send(POST, Anything, createCallBudget('sign-in', 0));

  assert.equal(answer.outcome === 'unavailable' && answer.code, 'provisioning.slow');
  assert.equal(sent.length, 0);
});
