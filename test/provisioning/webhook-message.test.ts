import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { Secret } from '../../src/base/index.ts';
import type { WebhookVerdict } from '../../src/provisioning/connector/target-webhooks.ts';
import { StorefrontTarget } from '../../src/provisioning/connectors/bigcommerce-storefront/config.ts';
import { readWebhook } from '../../src/provisioning/connectors/bigcommerce-storefront/webhook-message.ts';

// BigCommerce docs: webhooks over HTTPS; Standard Webhooks. Whoever can reach the broker can send these.

const NOW = new Date('2026-03-02T09:00:00Z');
const SECRET = 'the-secret-of-the-registration-000000000000';
const FORMER = 'the-former-secret-of-the-registration-00000';
const KEY = 'client-secret-of-the-api-account';
const OLDER_KEY = 'client-secret-of-the-account-before-it';

type Wrong = {
  readonly body?: string;
  readonly signedBody?: string;
  readonly key?: string;
  readonly id?: string | string[];
  readonly at?: string;
  readonly secret?: string | string[];
  readonly isSigned?: boolean;
  readonly signature?: (right: string) => string;
  readonly settings?: Record<string, unknown>;
};

const seconds = (ago = 0) => String(Math.floor(NOW.getTime() / 1000) - ago);

function bodyOf(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    scope: 'store/customer/updated',
    store_id: '1025601',
    data: { type: 'customer', id: 104 },
    hash: '3f9ea420af83450d7ef9f78b08c8af25b2213637',
    created_at: Number(seconds()),
    producer: 'stores/haldenemea',
    ...change,
  });
}

function settings(change: Record<string, unknown> = {}): StorefrontTarget {
  return StorefrontTarget.parse({
    storeHash: 'haldenemea',
    login: [{ clientId: 'login', clientSecret: 'secret-that-signs-logins' }],
    api: [
      { clientId: 'new', clientSecret: KEY, accessToken: 'token' },
      { clientId: 'old', clientSecret: OLDER_KEY, accessToken: 'older-token' },
    ],
    ...change,
  });
}

/** A message that is right, but for what is said. */
function read(wrong: Wrong = {}): WebhookVerdict {
  const { id = 'msg_1', at = seconds(), body = bodyOf(), isSigned = true } = wrong;
  const mac = createHmac('sha256', wrong.key ?? KEY).update(`${id}.${at}.${wrong.signedBody ?? body}`);
  const right = `v1,${mac.digest('base64')}`;
  return readWebhook(
    settings(wrong.settings),
    {
      headers: {
        ...(isSigned && {
          'webhook-id': id,
          'webhook-timestamp': at,
          'webhook-signature': wrong.signature?.(right) ?? right,
        }),
        ...(wrong.secret !== undefined && { 'x-vestibule-webhook': wrong.secret }),
      },
      body: Buffer.from(body),
    },
    { secrets: [new Secret(SECRET), new Secret(FORMER)], now: NOW },
  );
}

const codeOf = (verdict: WebhookVerdict) => (verdict.outcome === 'refused' ? verdict.code : verdict.outcome);

suite('a message that the store sent', () => {
  const BELIEVED: Readonly<Record<string, Wrong>> = {
    'signed by the account that made the hook': {},
    'signed by an older account that is still accepted': { key: OLDER_KEY },
    'with the secret of the registration as well': { secret: SECRET },
    'with the secret from before a rotation': { secret: FORMER },
    'signed almost five minutes ago': { at: seconds(300) },
    'signed by a clock that is ahead': { at: seconds(-300) },
    'with several signatures of which one is right': { signature: (right) => `v1,AAAA v2,BBBB ${right}` },
    'without a signature, where the settings take the secret for it': {
      isSigned: false,
      secret: SECRET,
      settings: { webhooks: { unsigned: 'with-secret' } },
    },
    'signed by an account whose client secret is not known, where the settings take the secret for it': {
      secret: SECRET,
      settings: { api: [{ accessToken: 'token' }], webhooks: { unsigned: 'with-secret' } },
    },
  };

  for (const [what, wrong] of Object.entries(BELIEVED)) {
    test(`is believed ${what}`, () => {
      const verdict = read(wrong);

      assert.ok(verdict.outcome === 'believed', codeOf(verdict));
      assert.deepEqual([verdict.externalId, verdict.event], ['104', 'store/customer/updated']);
      assert.equal(verdict.at.getTime(), NOW.getTime());
    });
  }

  test('is the same message whatever its copies are signed with, and another with another id', () => {
    const idOf = (wrong: Wrong) => {
      const verdict = read(wrong);
      return verdict.outcome === 'believed' ? verdict.messageId : assert.fail(codeOf(verdict));
    };

    assert.equal(idOf({ at: seconds(60) }), idOf({ at: seconds(), key: OLDER_KEY }));
    assert.notEqual(idOf({}), idOf({ id: 'msg_2' }));
  });

  test('without a signature is the same message by event, hash and second', () => {
    const trusting = { isSigned: false, secret: SECRET, settings: { webhooks: { unsigned: 'with-secret' } } };
    const idOf = (change: Record<string, unknown>) => {
      const verdict = read({ ...trusting, body: bodyOf(change) });
      return verdict.outcome === 'believed' ? verdict.messageId : assert.fail(codeOf(verdict));
    };

    assert.equal(idOf({}), idOf({}));
    assert.equal(
      new Set([{}, { created_at: 5 }, { hash: 'x' }, { scope: 'store/customer/deleted' }].map(idOf)).size,
      4,
    );
    assert.notEqual(idOf({ hash: undefined }), idOf({ hash: undefined, data: { id: 105 } }));
  });

  test('is about the customer that its event names, wherever that stands', () => {
    const subjectOf = (scope: string, data: unknown) => {
      const verdict = read({ body: bodyOf({ scope, data }) });
      return verdict.outcome === 'believed' ? verdict.externalId : assert.fail(codeOf(verdict));
    };

    assert.equal(subjectOf('store/customer/deleted', { type: 'customer', id: 7 }), '7');
    assert.equal(subjectOf('store/customer/address/updated', { id: 2, address: { customer_id: 7 } }), '7');
    assert.equal(
      subjectOf('store/customer/channel/login/access/updated', { customer_id: 7, channel_ids: [1] }),
      '7',
    );
    assert.equal(subjectOf('store/order/created', { type: 'order', id: 7 }), undefined);
    assert.equal(subjectOf('store/customer/updated', {}), undefined);
  });
});

suite('a message that anybody could have sent', () => {
  const REFUSED: readonly (readonly [what: string, code: string, wrong: Wrong])[] = [
    ['without any proof', 'unproven', { isSigned: false }],
    [
      'with the secret alone, which the settings do not take',
      'unproven',
      { isSigned: false, secret: SECRET },
    ],
    ['with a signature that nobody can check', 'unproven', { settings: { api: [{ accessToken: 'token' }] } }],
    ['with a wrong secret', 'secret', { secret: 'a-wrong-secret' }],
    ['with a wrong secret beside a right signature', 'secret', { secret: `${SECRET}x` }],
    ['with an empty secret', 'secret', { secret: '' }],
    ['with the secret twice', 'secret', { secret: [SECRET, SECRET] }],
    ['signed with another key', 'signature', { key: 'somebody-else' }],
    ['signed with the secret of the registration as a key', 'signature', { key: SECRET }],
    ['signed with the key that signs logins', 'signature', { key: 'secret-that-signs-logins' }],
    ['signed over another body', 'signature', { signedBody: bodyOf({ data: { id: 105 } }) }],
    [
      'signed for another version of the scheme',
      'signature',
      { signature: (right) => right.replace('v1,', 'v1a,') },
    ],
    ['with a signature without its version', 'signature', { signature: (right) => right.slice(3) }],
    ['with an empty signature', 'signature', { signature: () => 'v1,' }],
    ['with a signature that is cut short', 'signature', { signature: (right) => right.slice(0, -4) }],
    [
      'with a wrong signature and the right secret',
      'signature',
      { key: 'somebody-else', secret: SECRET, settings: { webhooks: { unsigned: 'with-secret' } } },
    ],
    ['with an id of a megabyte', 'signature', { id: 'x'.repeat(1_000_000) }],
    ['with two ids', 'signature', { id: ['msg_1', 'msg_2'] }],
    ['with an instant that is no number', 'signature', { at: 'now' }],
    ['with an instant in hexadecimal', 'signature', { at: '0x69a5519a' }],
    ['signed more than five minutes ago', 'stale', { at: seconds(301) }],
    ['signed more than five minutes ahead', 'stale', { at: seconds(-301) }],
    ['from another store of the same app', 'foreign', { body: bodyOf({ producer: 'stores/haldenna' }) }],
    [
      'from a store whose name only begins alike',
      'foreign',
      { body: bodyOf({ producer: 'stores/haldenemea2' }) },
    ],
    ['that is no JSON', 'malformed', { body: 'scope=store/customer/updated' }],
    ['that is empty', 'malformed', { body: '' }],
    ['that is a list', 'malformed', { body: '[]' }],
    ['about a customer who is no number', 'malformed', { body: bodyOf({ data: { id: '104' } }) }],
    ['about a customer below zero', 'malformed', { body: bodyOf({ data: { id: -1 } }) }],
    ['without an instant', 'malformed', { body: bodyOf({ created_at: undefined }) }],
  ];

  for (const [what, code, wrong] of REFUSED) {
    test(`is refused ${what}`, () => {
      assert.equal(codeOf(read(wrong)), `provisioning.webhook_${code}`);
    });
  }
});
