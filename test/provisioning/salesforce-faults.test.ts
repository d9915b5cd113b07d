import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { CallFailed, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import {
  apply,
  atCreation,
  budget,
  create,
  desired,
  LEAD,
  left,
  read,
  SALES,
  SUPPORT,
  startWorld,
  type World,
  written,
} from './salesforce-world.ts';

const LIMIT_BODY = [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }];

/** What may happen to a write, and what is said about it. */
const FAULTS: readonly (readonly [name: string, fault: FaultInput, code: string, maybeApplied: boolean])[] = [
  ['lost reply', { kind: 'lost-reply' }, 'provisioning.target_unreachable', true],
  ['cut connection', { kind: 'refuse-connection' }, 'provisioning.target_unreachable', true],
  ['no answer in time', { kind: 'hold' }, 'provisioning.slow', true],
  ['no answer in time after the work', { kind: 'hold', when: 'after' }, 'provisioning.slow', true],
  ['500', { kind: 'status', status: 500 }, 'provisioning.target_error', true],
  ['maintenance', { kind: 'html-503' }, 'provisioning.maintenance', true],
  ['429 with a wait', { kind: 'rate-limited', resetMs: 7_000 }, 'provisioning.rate_limited', false],
  ['429 without', { kind: 'rate-limited', headers: false }, 'provisioning.rate_limited', false],
  ['403 used up', { kind: 'status', status: 403, body: LIMIT_BODY }, 'provisioning.rate_limited', false],
  [
    '403',
    { kind: 'status', status: 403, body: [{ errorCode: 'API_DISABLED_FOR_ORG' }] },
    'provisioning.forbidden',
    false,
  ],
  ['revoked token', { kind: 'revoked-token' }, 'provisioning.token_revoked', false],
  ['200 that is no JSON', { kind: 'status', status: 200, body: '<html>' }, 'provisioning.bad_answer', true],
  ['300', { kind: 'status', status: 300, body: [] }, 'provisioning.bad_answer', true],
  [
    '400 that is no list',
    { kind: 'status', status: 400, body: { error: 'x' } },
    'provisioning.bad_answer',
    false,
  ],
];

suite('a creation', () => {
  for (const [name, fault, code, maybeApplied] of FAULTS) {
    test(`that meets ${name} says so, and tried again there is one user`, async () => {
      await using world = await startWorld();
      const person = world.person();
      const image = desired(world.target, person, LEAD);
      world.org.fail(fault);

      const answer = await world.target.create(atCreation(world.target, image), 'marker', budget(400));

      failedWith(answer, code, maybeApplied);
      recover(world);
      const found = await world.target.findCandidates(image, budget());
      assert.ok(found.outcome === 'read');
      const account = found.accounts.find(({ ours }) => ours) ?? (await create(world.target, image));
      assert.deepEqual(await left(world.target, account.externalId, image), []);
      const own = world.users().filter(({ FederationIdentifier }) => FederationIdentifier === person.id);
      assert.equal(own.length, 1);
    });
  }
});

const WRITES: Readonly<Record<string, (image: AccountImage) => AccountImage>> = {
  login: () => ({ signIn: '' }),
  rights: (image) => ({ permissionSets: image['permissionSets'] ?? [], groups: image['groups'] ?? [] }),
  user: (image) => ({
    profile: image['profile'] ?? '',
    role: image['role'] ?? '',
    mail: 'new@halden.example',
  }),
  expiry: () => ({ expiry: { 'permissionSets/Halden_Forecasts': '2026-09-01T00:00:00.000Z' } }),
  manager: (image) => ({ manager: String(image['manager'] ?? '') }),
};

suite('every other write', () => {
  for (const [call, changesOf] of Object.entries(WRITES)) {
    test(`of ${call} says what it met, and repeated it ends as without`, async () => {
      for (const [name, fault, code, maybeApplied] of FAULTS) {
        await using world = await startWorld();
        const manager = await create(world.target, desired(world.target, world.person(), SALES));
        const person = world.person({
          attributes: { manager: world.user(manager.externalId).FederationIdentifier ?? '' },
        });
        const account = await create(world.target, desired(world.target, person, LEAD));
        const image = desired(world.target, person, call === 'expiry' ? LEAD : SUPPORT);
        const changes = changesOf(image);
        const write = (ms: number) =>
          world.target.update(
            {
              ...{ externalId: account.externalId, call, changes, desired: { ...image, ...changes } },
              ...{ current: account.image, marker: 'marker', refs: account.refs, takeOver: false },
            },
            budget(ms),
          );
        world.org.fail(fault);

        const answer = await write(300);

        const reads = call === 'manager';
        failedWith(answer, code, reads ? undefined : maybeApplied, name);
        recover(world);
        const again = written(await write(5_000));
        const now = await read(world.target, account.externalId, { ...image, ...changes });
        for (const field of Object.keys(changes)) {
          assert.deepEqual(now.image[field], changes[field], `${name}: ${field}`);
          assert.deepEqual(again.image[field], changes[field], `${name}: ${field} in the answer`);
        }
      }
    });
  }

  test('of the end of sessions says what it met, and repeated all are ended', async () => {
    for (const [name, fault, code] of FAULTS) {
      await using world = await startWorld();
      const { externalId, image, refs } = await create(
        world.target,
        desired(world.target, world.person(), SALES),
      );
      const { Username } = world.user(externalId);
      for (let count = 0; count < 3; count += 1) await world.act('add-token', { username: Username });
      const revoke = async (ms: number): Promise<WriteAnswer> =>
        (await world.target.act?.({ externalId, act: 'revoke', current: image, refs }, budget(ms))) ??
        assert.fail();
      world.org.fail(fault);

      failedWith(await revoke(300), code, undefined, name);
      recover(world);
      written(await revoke(5_000));

      assert.deepEqual(await world.query('SELECT Id FROM OauthToken'), [], name);
    }
  });
});

suite('errors of records', () => {
  test('a locked row is tried again at once, and then left to the queue', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), SALES);
    await world.act('lock-rows', { times: 1 });
    const account = await create(world.target, image);
    world.org.turn({ rowLocks: 'every-write' });

    const answer = await apply(
      world.target,
      account.externalId,
      desired(world.target, world.person(), SUPPORT),
    );

    assert.deepEqual(answer, {
      ...{ outcome: 'unavailable', code: 'provisioning.busy', maybeApplied: false, retryAfterSeconds: 2 },
    });
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('a creation that meets locked rows makes nothing, and no second username', async () => {
    await using world = await startWorld({ positions: { rowLocks: 'every-write' } });
    const image = desired(world.target, world.person(), SALES);

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    failedWith(answer, 'provisioning.busy', false);
    assert.ok(!world.users().some(({ FederationIdentifier }) => FederationIdentifier));
  });

  test('an integration that may only read is told as forbidden', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), SALES);
    const account = await create(world.target, image);
    world.org.turn({ integrationRights: 'read-only' });

    const made = await world.target.create(
      atCreation(world.target, desired(world.target, world.person(), SALES)),
      'marker',
      budget(),
    );
    const changed = await apply(
      world.target,
      account.externalId,
      desired(world.target, world.person(), SUPPORT),
    );

    failedWith(made, 'provisioning.forbidden', false);
    failedWith(changed, 'provisioning.forbidden', false);
  });

  test('a name whose id is out of date is refused and not taken for another', async () => {
    await using world = await startWorld();
    const prepared = await world.target.prepare(budget());
    assert.ok(prepared.outcome === 'prepared');
    const facts = structuredClone(prepared.facts) as { profiles: Record<string, { id: string }> };
    facts.profiles['Halden Sales'] = { ...facts.profiles['Halden Sales'], id: '00eHa0000000099IAA' };
    world.target.restore(facts);
    const image = desired(world.target, world.person(), SALES);

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.ok(answer.outcome === 'invalid', JSON.stringify(answer));
  });

  test('a mail address that waits for a click is not believed', async () => {
    await using world = await startWorld({ positions: { emailChange: 'needs-confirmation' } });
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, SALES));
    const image = desired(world.target, { ...person, mail: 'later@halden.example' }, SALES);

    const answer = written(await apply(world.target, account.externalId, image));

    assert.equal(answer.image['mail'], person.mail);
    await world.act('confirm-email', { username: world.user(account.externalId).Username });
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('a user that could not be read whole is not taken for one without rights', async () => {
    await using world = await startWorld();
    world.org.fail({
      ...{ kind: 'status', status: 200, times: 1 },
      body: {
        compositeResponse: [
          ...['readUser', 'readLogin', 'readMembers'].map((referenceId) => ({
            ...{ referenceId, httpStatusCode: 400, httpHeaders: {} },
            body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
          })),
        ],
      },
    });

    const answer = await world.target.findById('005Ha0000000003IAA', {}, {}, budget());

    assert.deepEqual(answer, {
      outcome: 'unavailable',
      code: 'provisioning.forbidden',
      maybeApplied: false,
    });
  });
});

function failedWith(answer: WriteAnswer | CallFailed, code: string, maybeApplied?: boolean, name = ''): void {
  assert.ok(answer.outcome === 'unavailable', `${name} ${JSON.stringify(answer)}`);
  assert.equal(answer.code, code, name);
  if (maybeApplied !== undefined) assert.equal(answer.maybeApplied, maybeApplied, name);
  if (code === 'provisioning.rate_limited') assert.ok((answer.retryAfterSeconds ?? 0) > 0, name);
}

/** The organization is well again, and so much later that nobody has to wait for a count of calls. */
function recover(world: World): void {
  world.org.faults.clear();
  world.clock.advance(11 * 60_000);
}
