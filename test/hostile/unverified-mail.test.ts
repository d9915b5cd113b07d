import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { connectAccess } from '../../src/app/access.ts';
import { newId } from '../../src/base/index.ts';
import { type LastingFacts, personOf } from '../../src/directory/index.ts';
import { createSamlNames, migrations } from '../../src/issuing/index.ts';
import { createReconcile } from '../../src/reconcile/index.ts';
import { createRegistry } from '../../src/relying-parties/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// Some upstreams let people write their own mail address and say of it `email_verified: false` until they have proved
// it. The connection is trusted with the company's domain; what it does not vouch for itself is nobody's proof.

const clock = new ManualClock();
const DOMAIN = 'halden.example';
const trustedMailDomainsOf = () => [DOMAIN];
const mallory = (mailVerified: boolean | undefined) => {
  const facts: LastingFacts = {
    ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', groups: [], attributes: {} },
    ...{ mail: `ceo@${DOMAIN}`, ...(mailVerified !== undefined && { mailVerified }) },
  };
  const names = { primary: true, others: [] };
  return personOf({ id: newId('per'), status: 'active' }, facts, {}, names);
};
const identity = {
  ...{ id: newId('idn'), connection: 'otds', issuer: 'https://otds.example', amr: [] },
  ...{ authTime: clock.now(), confirmedAt: clock.now() },
};

const SHOP = {
  ...{ id: 'shop', kind: 'k', title: '', description: '', enabled: true, hidden: false },
  ...{ target: 'bc', scopes: [], access: {}, roles: [] },
};
const OPEN = {
  outcome: 'allow',
  entitlement: { relyingParty: 'shop', roles: [{ id: 'reader', because: ['r'] }], scopes: [] },
  facts: [],
} as const;

function openReconcile() {
  const asked: (readonly string[])[] = [];
  const reconcile = createReconcile({
    policy: { decide: () => OPEN, decideAll: () => new Map([['shop', OPEN]]) },
    accounts: {
      ensureAccount: async ({ trustedMailDomains }) => {
        asked.push(trustedMailDomains);
        return { outcome: 'refused', code: 'provisioning.mail_untrusted', publicMessage: 'No.' };
      },
      queueAccount: async ({ trustedMailDomains }) => {
        asked.push(trustedMailDomains);
        return { outcome: 'queued' };
      },
      endAccess: async () => true,
    },
    registry: createRegistry({
      relyingParties: [SHOP],
      targets: [{ id: 'bc', kind: 'k', settings: {} }],
    }),
    othersBeside: async () => [],
    lookAgainAt: async () => undefined,
    trustedMailDomainsOf,
  });
  return { asked, reconcile };
}

for (const [mailVerified, trusted] of [
  [false, []],
  [undefined, [DOMAIN]],
  [true, [DOMAIN]],
] as const) {
  test(`with email_verified ${mailVerified} the address nominates accounts for ${trusted.length} domains`, async () => {
    const { asked, reconcile } = openReconcile();
    const person = mallory(mailVerified);

    await reconcile.apply({ person, identity }, SHOP, newId('lgn'), clock.now());
    await reconcile.reassess({ person, connection: 'otds' }, newId('lgn'), clock.now());

    assert.deepEqual(asked, [trusted, trusted]);
  });

  test(`with email_verified ${mailVerified} applications are told ${trusted.length > 0}`, async () => {
    const { reconcile } = openReconcile();
    const person = mallory(mailVerified);
    const session = { ...identity, id: newId('ses'), personId: person.id, identityId: identity.id };
    const access = connectAccess({
      ...{ clock, reconcile, claimsMaxAgeMs: () => 1_000 },
      sessions: { byId: async () => session } as never,
      directory: { personBehind: async () => ({ person }) } as never,
      upstreams: { get: () => ({}) } as never,
    });

    const about = { relyingParty: 'shop', thread: newId('lgn'), asked: 'login' } as const;
    const answer = await access.decide({ personId: person.id, sessionId: session.id, ...about });

    assert.equal(answer.outcome === 'allow' && answer.isMailVouched, trusted.length > 0);
  });

  test(`with email_verified ${mailVerified} the address is a name at an application: ${trusted.length > 0}`, async () => {
    await using database = await createTestDatabase(migrations);
    const person = mallory(mailVerified);
    const bearer = { personId: person.id, connection: 'otds' };
    const names = createSamlNames({
      ...{ db: database.db, clock, trustedWith: () => ['otds'], knownBy: async () => [bearer] },
      keys: { lookup: (purpose, value) => createHmac('sha256', purpose).update(value).digest('hex') },
    });

    const { isMailUnverified = false } = person;
    const mayBear = await names.mayBear({
      ...{ relyingParty: 'films', name: `ceo@${DOMAIN}`, personId: person.id, connection: 'otds' },
      isMailUnverified,
    });

    assert.equal(mayBear, trusted.length > 0);
  });
}
