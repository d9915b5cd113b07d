import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import supertest from 'supertest';
import { HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { customerWithMail, eventsOf, setFaults, until } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { deliveriesKept, registerWebhooks, secretOf, webhooksSettle } from '../support/webhooks.ts';
import { startWorld, type World } from '../support/world.ts';

// The address of webhooks is open to everybody: what does not come from the store changes nothing, tells its sender
// nothing, and does not fill the access log (R6.3).

const { api } = bigCommerceCredentials['store-emea'];
const HERE = '/webhooks/bigcommerce/bc-emea';

let world: World;
let customer: number;
suite('the address of webhooks', () => {
  before(async () => {
    world = await startWorld({ clock: new ManualClock(new Date()) });
    await registerWebhooks(world, 'bc-emea');
    await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    await webhooksSettle(world);
    customer = (await customerWithMail(world, 'store-emea', 'mira@halden.example')).id;
  });
  after(() => world[Symbol.asyncDispose]());

  suite('what the store did not send', () => {
    const HOSTILE: readonly (readonly [what: string, status: number, sent: () => Sent])[] = [
      ['without any proof', 401, () => ({})],
      ['with a wrong secret', 401, () => ({ headers: { 'x-vestibule-webhook': 'guessed' } })],
      [
        'with a wrong secret beside a right signature',
        401,
        () => {
          const body = messageOf();
          return { body, headers: { ...signed(body), 'x-vestibule-webhook': 'guessed' } };
        },
      ],
      [
        'signed over another body',
        401,
        () => ({ headers: signed(messageOf({ scope: 'store/customer/deleted' })) }),
      ],
      [
        'signed ten minutes ago',
        401,
        () => {
          const body = messageOf();
          return { body, headers: signed(body, { at: -600 }) };
        },
      ],
      [
        'by another store, with the key of ours',
        401,
        () => {
          const body = messageOf({ producer: 'stores/haldenna' });
          return { body, headers: signed(body) };
        },
      ],
      [
        'by another store, with its own key',
        401,
        () => {
          const body = messageOf({ producer: 'stores/haldenna' });
          return {
            body,
            headers: signed(body, { key: bigCommerceCredentials['store-na'].api.clientSecret }),
          };
        },
      ],
      ['that is larger than any message', 413, () => ({ body: messageOf({ padding: 'x'.repeat(20_000) }) })],
      [
        'that is packed, so that what is signed is not what is read',
        400,
        () => ({ body: gzipSync(messageOf()), headers: { 'content-encoding': 'gzip' } }),
      ],
      [
        'that is signed and no message',
        400,
        () => ({ body: 'customer=104', headers: signed('customer=104') }),
      ],
      ['to a target that is not there', 404, () => ({ path: '/webhooks/bigcommerce/bc-nowhere' })],
      ['to a target that sends none', 404, () => ({ path: '/webhooks/bigcommerce/wiki-accounts' })],
      ['to a system that is not there', 404, () => ({ path: '/webhooks/shopify/bc-emea' })],
      ['to an id with a path in it', 404, () => ({ path: '/webhooks/bigcommerce/..%2f..%2fadmin' })],
    ];

    for (const [what, status, sent] of HOSTILE) {
      test(`${what} is refused with ${status}, without a word, and changes nothing`, async () => {
        const kept = (await deliveriesKept(world)).length;

        const answer = await send(sent());

        assert.deepEqual([answer.status, answer.text], [status, '']);
        assert.equal((await deliveriesKept(world)).length, kept);
      });
    }

    test('that cannot be read at all is only counted, so that made-up targets do not fill the access log', async () => {
      world.clock.advance(2 * MINUTE);
      const seen = (await eventsOf(world, { types: ['webhook.refused'] })).length;
      const headers = { 'content-encoding': 'gzip' };

      for (let n = 0; n < 5; n += 1) {
        await send({ body: gzipSync(messageOf()), headers, path: `/webhooks/bigcommerce/made-up-${n}` });
      }
      world.clock.advance(MINUTE);

      assert.equal((await eventsOf(world, { types: ['webhook.refused'] })).length, seen);
      await until('the junk of the minute is counted', async () =>
        (await eventsOf(world, { types: ['junk.counted'] })).some(
          ({ facts }) => facts['kind'] === 'webhook' && Number(facts['count']) >= 5,
        ),
      );
    });

    test('counts by address, and is an event of its own once a minute for each reason', async () => {
      world.clock.advance(2 * MINUTE);
      const seen = (await eventsOf(world, { types: ['webhook.refused'] })).length;
      const headers = { 'x-vestibule-webhook': 'guessed' };

      await Promise.all(Array.from({ length: 40 }, () => send({ headers })));
      world.clock.advance(MINUTE);

      const refused = (await eventsOf(world, { types: ['webhook.refused'] })).slice(seen);
      assert.deepEqual(
        refused.map(({ code, target }) => [code, target]),
        [['provisioning.webhook_secret', 'bc-emea']],
      );
      await until('the junk of the minute is counted', async () =>
        (await eventsOf(world, { types: ['junk.counted'] })).some(
          ({ facts }) => facts['kind'] === 'webhook.bigcommerce.bc-emea' && facts['count'] === 40,
        ),
      );
    });
  });

  suite('what the store sent', () => {
    test('and somebody repeats has no second effect, even while the first has not had its own', async () => {
      await webhooksSettle(world);
      const match = { method: 'GET', path: '^/stores/.*/v3/customers' };
      await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match });
      const accepted = (await eventsOf(world, { types: ['webhook.accepted'] })).length;
      const body = messageOf();
      const headers = signed(body);

      const first = await send({ body, headers });
      const kept = (await deliveriesKept(world)).length;
      world.clock.advance(10 * SECOND);
      const again = await send({ body, headers });
      const anew = await send({ body, headers: signed(body, { id: headers['webhook-id'] }) });
      await setFaults(world, 'bigcommerce');

      assert.deepEqual(
        [first, again, anew].map(({ status }) => status),
        [200, 200, 200],
      );
      assert.equal((await deliveriesKept(world)).length, kept);
      assert.equal((await eventsOf(world, { types: ['webhook.accepted'] })).length - accepted, 1);
    });

    test('and a hundred copies of it, in two processes at once, have one effect', async () => {
      await webhooksSettle(world);
      await using second = await world.second();
      world.clock.advance(MINUTE);
      const kept = (await deliveriesKept(world)).length;
      const accepted = (await eventsOf(world, { types: ['webhook.accepted'] })).length;
      const body = messageOf();
      const headers = signed(body);
      const origins = [world.origin, `http://sso.localhost:${second.port}`];

      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => send({ body, headers, origin: origins[n % 2] ?? '' })),
      );

      assert.ok(answers.every(({ status, text }) => status === 200 && text === ''));
      assert.equal((await deliveriesKept(world)).length - kept, 1);
      assert.equal((await eventsOf(world, { types: ['webhook.accepted'] })).length - accepted, 1);
    });

    test('reaches the right store only: a message of one is not taken for another', async () => {
      const body = messageOf();

      const answer = await send({ body, headers: signed(body), path: '/webhooks/bigcommerce/bc-na' });

      assert.equal(answer.status, 401);
    });

    test('without a signature counts with the secret only where the settings say so', async () => {
      const headers = { 'x-vestibule-webhook': await secretOf(world) };

      const refused = await send({ headers });
      await world.apply((config) => {
        config.targets[0].webhooks = { unsigned: 'with-secret' };
      });
      const taken = await send({ headers });
      const bare = await send({});
      await world.apply((config) => {
        delete config.targets[0].webhooks;
      });

      assert.deepEqual(
        [refused, taken, bare].map(({ status }) => status),
        [401, 200, 401],
      );
    });
  });

  suite('the secret of a registration', () => {
    test('that was replaced is good for an hour and not longer', async () => {
      await world.apply((config) => {
        config.targets[0].webhooks = { unsigned: 'with-secret' };
      });
      // The command works by the real clock, and the broker's must not be behind it.
      world.clock.set(new Date());
      const former = await secretOf(world);
      const { code } = await world.vestibule(['webhooks', 'register', 'bc-emea', '--new-secret']);
      const present = await secretOf(world);
      const statusWith = async (secret: string) =>
        (await send({ headers: { 'x-vestibule-webhook': secret } })).status;

      const before = [await statusWith(former), await statusWith(present)];
      world.clock.advance(HOUR + MINUTE);
      const after = [await statusWith(former), await statusWith(present)];

      assert.equal(code, 0);
      assert.notEqual(former, present);
      assert.deepEqual(
        [before, after],
        [
          [200, 200],
          [401, 200],
        ],
      );
    });

    test('whose replacement was interrupted is good until that is completed, and an hour longer', async () => {
      const former = await secretOf(world);
      const statusOfFormer = async () => (await send({ headers: { 'x-vestibule-webhook': former } })).status;
      const match = { method: 'PUT', path: '^/stores/.*/v3/hooks' };
      await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match, times: 1 });

      const interrupted = await world.vestibule(['webhooks', 'register', 'bc-emea', '--new-secret']);
      world.clock.advance(3 * HOUR);
      const meanwhile = await statusOfFormer();
      await setFaults(world, 'bigcommerce');
      world.clock.set(new Date());
      const completed = await world.vestibule(['webhooks', 'register', 'bc-emea']);
      const within = await statusOfFormer();
      world.clock.advance(HOUR + MINUTE);

      assert.deepEqual([interrupted.code, completed.code], [1, 0]);
      assert.notEqual(await secretOf(world), former);
      assert.deepEqual([meanwhile, within, await statusOfFormer()], [200, 200, 401]);
    });

    test('is shown to nobody and is sealed in the database', async () => {
      const secret = await secretOf(world);
      const shown = await Promise.all(
        [
          ['webhooks', 'list', 'bc-emea'],
          ['webhooks', 'list', 'bc-emea', '--json'],
          ['webhooks', 'register', 'bc-emea', '--json'],
          ['check'],
        ].map((args) => world.vestibule(args)),
      );
      const { database } = await world.stores();
      const rows = await database.db
        .withTables<{ provisioning_webhook: { secret: string } }>()
        .selectFrom('provisioning_webhook')
        .selectAll()
        .execute();
      const events = await eventsOf(world);

      assert.equal(rows.length, 1);
      assert.ok(secret.length >= 43);
      assert.ok(!JSON.stringify([shown, rows, events]).includes(secret));
    });
  });
});

function messageOf(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    scope: 'store/customer/updated',
    store_id: '1025601',
    data: { type: 'customer', id: customer },
    hash: randomUUID(),
    created_at: Math.floor(world.clock.now().getTime() / 1000),
    producer: 'stores/haldenemea',
    ...change,
  });
}

function signed(body: string, { id = `msg_${randomUUID()}`, key = api.clientSecret, at = 0 } = {}) {
  const stamp = String(Math.floor(world.clock.now().getTime() / 1000) + at);
  const mac = createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': `v1,${mac}` };
}

type Sent = {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly origin?: string;
};

function send({ body = messageOf(), headers = {}, path = HERE, origin = world.origin }: Sent) {
  const { port, host } = new URL(origin);
  return supertest(`http://127.0.0.1:${port}`)
    .post(path)
    .set({ host, 'content-type': 'application/json', ...headers })
    .serialize((text) => text as unknown as string)
    .send(body as string);
}
