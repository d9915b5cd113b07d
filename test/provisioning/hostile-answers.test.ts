import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isId, newId } from '../../src/base/index.ts';
import type { HttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { OpenTarget, ReadAnswer } from '../../src/provisioning/connector/connector.ts';
import { importAccounts } from '../../src/provisioning/imports/import-accounts.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Targets that answer a question about one account with somebody else's. */

const budget = () => createCallBudget('background', 5_000);

function opened(
  kind: string,
  settings: Record<string, unknown>,
  bodies: (path: string) => unknown,
  status = 200,
): OpenTarget {
  const http: HttpClient = {
    request: async ({ url }) => ({ status, headers: {}, body: JSON.stringify(bodies(url.pathname)) }),
    fetchFor: () => fetch,
  };
  const connector = connectors.get(kind) ?? assert.fail();
  return connector.open(connector.targetConfig.parse(settings), {
    ...{ id: kind, http, clock: new ManualClock(), log: silentLog },
    relyingParties: [],
  });
}

function isNotBelieved(answer: ReadAnswer): void {
  assert.deepEqual(
    [answer.outcome, 'code' in answer && answer.code],
    ['unavailable', 'provisioning.bad_answer'],
  );
}

const CUSTOMER = { id: 8, email: 'somebody@else.example', customer_group_id: 0, channel_ids: [1] };
const STORE = {
  ...{ storeHash: 'haldenemea', api: [{ accessToken: 'token' }] },
  login: [{ clientId: 'id', clientSecret: 'secret' }],
};
const ICONIK = '7c0e5b1a-40d2-11f0-8f6e-000000000023';
const NOBODY = { totalSize: 0, done: true, records: [] };
const ORGANIZATION = {
  url: 'https://halden.my.salesforce.example',
  auth: { flow: 'client-credentials', clients: [{ clientId: 'id', clientSecret: 'secret' }] },
  regional: { timeZone: { default: 'Europe/Berlin' }, locale: { default: 'de_DE' } },
};
const OTHER_USER = { Id: '005000000000002AAA', IsActive: true, Profile: { Name: 'Standard User' } };

function composite(path: string): unknown {
  if (path.endsWith('/token')) return { access_token: 'token' };
  const ok = (referenceId: string, body: unknown) => ({ referenceId, httpStatusCode: 200, body });
  const users = { totalSize: 1, done: true, records: [OTHER_USER] };
  return {
    compositeResponse: [ok('readUser', users), ok('readLogin', NOBODY), ok('readMembers', NOBODY)],
  };
}

suite('asked for one account, a target shows another: neither gone nor theirs', () => {
  for (const kind of ['bigcommerce-storefront', 'bigcommerce-b2b']) {
    test(kind, async () => {
      const target = opened(kind, STORE, () => ({ data: [CUSTOMER] }));

      isNotBelieved(await target.findById('7', {}, {}, budget()));
    });
  }

  test('iconik', async () => {
    const credentials = [{ appId: 'app', authToken: 'token' }];
    const user = { id: ICONIK, email: 'somebody@else.example', type: 'STANDARD', status: 'ACTIVE' };
    const target = opened('iconik', { url: 'https://app.iconik.example', credentials }, () => user);

    isNotBelieved(await target.findById(ICONIK.replace(/23$/, '24'), {}, {}, budget()));
  });

  test('salesforce', async () => {
    const target = opened('salesforce', ORGANIZATION, composite);

    isNotBelieved(await target.findById('005000000000001AAA', {}, {}, budget()));
  });
});

suite('told to make an account, a target answers with another: it is not taken for the new one', () => {
  const UNCERTAIN = { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true };
  const image = { mail: 'mira@halden.example', channels: ['1'], federationId: newId('per') };

  test('bigcommerce-storefront', async () => {
    const target = opened('bigcommerce-storefront', STORE, () => ({ data: [CUSTOMER] }));
    const nothing = {
      groups: {},
      categories: {},
      sites: {},
      formFields: {},
      attributes: { vestibule_id: 1 },
    };
    target.restore(nothing);

    assert.deepEqual(await target.create(image, 'marker', budget()), UNCERTAIN);
  });

  test('salesforce', async () => {
    const target = opened('salesforce', ORGANIZATION, composite);

    assert.deepEqual(await target.create(image, 'marker', budget()), UNCERTAIN);
  });
});

test('a SCIM server that answers a creation with an account that was there has made none', async () => {
  const theirs = { id: 'u1', userName: 'mira@halden.example', externalId: newId('per') };
  const settings = { baseUrl: 'https://app.example/scim', tokens: [{ token: 'token' }] };
  const target = opened('scim', settings, () => theirs);
  const desired = { externalId: newId('per'), userName: 'mira@halden.example' };

  const answer = await target.create(desired, 'unused', budget());

  assert.equal(answer.outcome, 'duplicate');
});

suite('whose id an account carries', () => {
  const own = newId('per');
  const cases = [
    [own, [true, undefined]],
    [newId('per'), [undefined, true]],
    ['e-4711', [undefined, undefined]],
  ] as const;
  for (const [carried, [ours, theirs]] of cases) {
    test(`is told by SCIM and iconik (${ours ? 'ours' : theirs ? 'theirs' : 'of another system'})`, async () => {
      const settings = { baseUrl: 'https://app.example/scim', tokens: [{ token: 'token' }] };
      const server = opened('scim', settings, () => ({ id: 'u1', userName: 'mira', externalId: carried }));
      const credentials = [{ appId: 'app', authToken: 'token' }];
      const metadata = isId('per', carried) ? { vestibule: { person: carried } } : {};
      const user = { id: ICONIK, email: 'mira@halden.example', type: 'STANDARD', status: 'ACTIVE', metadata };
      const domain = opened('iconik', { url: 'https://app.iconik.example', credentials }, () => user);

      const answers = [
        await server.findById('u1', { externalId: own }, {}, budget()),
        await domain.findById(ICONIK, { person: own }, {}, budget()),
      ];

      for (const answer of answers) {
        assert.ok(answer.outcome === 'read');
        const [account] = answer.accounts;
        assert.deepEqual([account?.ours || undefined, account?.theirs], [ours, theirs]);
      }
    });
  }
});

for (const kind of ['bigcommerce-storefront', 'bigcommerce-b2b']) {
  test(`${kind}: a customer who is still there was not deleted, whatever the store said`, async () => {
    const target = opened(kind, STORE, () => ({ data: [CUSTOMER] }));

    const answer = await target.act?.({ externalId: '8', act: 'delete', current: {}, refs: {} }, budget());

    assert.ok(answer?.outcome === 'unavailable');
    assert.equal(answer.code, 'provisioning.not_applied');
  });
}

suite('a SCIM list without an end', () => {
  const settings = { baseUrl: 'https://app.example/scim', tokens: [{ token: 'token' }] };
  const page = (nextCursor: string) => ({ totalResults: 0, Resources: [], nextCursor });

  test('that names the same place again is no list', async () => {
    const target = opened('scim', settings, () => page('again'));

    const answer = await target.list?.('cagain', budget());

    assert.ok(answer?.outcome === 'unavailable');
    assert.equal(answer.code, 'provisioning.bad_answer');
  });

  test('that names new places for ever is looked through within its bound', async () => {
    const server = { filter: 'none', mostListed: 20 };
    let asked = 0;
    const target = opened('scim', { ...settings, server }, () => {
      asked += 1;
      return page(String(asked));
    });

    await target.findCandidates({ externalId: newId('per'), userName: 'mira' }, budget());

    assert.ok(asked <= 20, `${asked} requests`);
  });
});

test('what a SCIM server writes in place of a keyword is not repeated', async () => {
  const settings = { baseUrl: 'https://app.example/scim', tokens: [{ token: 'token' }] };
  const said = { scimType: 'mira@halden.example is not welcome', detail: 'no' };
  const target = opened('scim', settings, () => said, 400);

  const answer = await target.create({ externalId: newId('per'), userName: 'mira' }, 'unused', budget());

  assert.deepEqual(answer, { outcome: 'invalid', detail: 'status 400' });
});

test('an import stops where a list names the same place again, and forgets nobody', async () => {
  let asked = 0;
  const list = async () => {
    asked += 1;
    return { outcome: 'listed', accounts: [], ...(asked < 50 && { next: 'again' }) };
  };
  // The import comes to nothing else of either before it stops.
  const target = { id: 'book', open: { list }, ensurePrepared: async () => undefined } as never;
  const room = { needs: { clock: new ManualClock() }, sleep: async () => undefined } as never;

  await assert.rejects(importAccounts(room, target, {} as never, { thread: newId('lgn') }), {
    code: 'provisioning.import_stopped',
  });
  assert.equal(asked, 2);
});
