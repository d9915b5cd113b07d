import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { randomText } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { AccountImage } from '../../src/provisioning/account-image.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/call-budget.ts';
import type { Access, OpenTarget, ReadAccount, WriteAnswer } from '../../src/provisioning/connector.ts';
import { diff, planSteps, valuesOf } from '../../src/provisioning/plan.ts';

/** How the target may misbehave for the next requests. */
export type TargetFault =
  | 'lost-reply'
  | 'refuse-connection'
  | 'server-error'
  | 'html-error'
  | 'rate-limited'
  | 'rate-limited-without-headers'
  | 'revoked-token'
  | 'never-answers';

/** What an implementation brings to be held to the contract. */
export interface ConnectorWorld extends AsyncDisposable {
  /** Open and prepared. */
  readonly target: OpenTarget;
  /** A person whom the target accepts, different at each call. */
  person(change?: Partial<Person>): Person;
  /** Two sets of accesses, the second with less than the first and another role. */
  readonly accesses: readonly Access[];
  readonly fewerAccesses: readonly Access[];
  fail(fault: TargetFault | undefined): void;
  /** Removes the account behind our back. */
  remove(externalId: string): void;
}

/** Every connector keeps these promises; the engine leans on each of them. */
export function connectorContract(name: string, start: () => Promise<ConnectorWorld>): void {
  suite(`connector contract: ${name}`, () => {
    let world: ConnectorWorld;
    before(async () => {
      world = await start();
    });
    after(() => world[Symbol.asyncDispose]());
    beforeEach(() => world.fail(undefined));

    const budget = (ms = 5_000): CallBudget => createCallBudget('background', ms);
    const desire = (person: Person, accesses = world.accesses): AccountImage => {
      const answer = world.target.desire(person, accesses);
      assert.ok(answer.outcome === 'desired');
      return answer.image;
    };
    const written = (answer: WriteAnswer): ReadAccount => {
      assert.equal(answer.outcome, 'written');
      return answer.outcome === 'written' ? answer.account : assert.fail();
    };
    const create = async (person: Person, marker = randomText()): Promise<ReadAccount> =>
      written(await world.target.create(atCreation(world.target, desire(person)), marker, budget()));
    const read = async (externalId: string, image: AccountImage, refs = {}): Promise<ReadAccount> => {
      const answer = await world.target.findById(externalId, image, refs, budget());
      assert.ok(answer.outcome === 'read');
      return answer.accounts[0] ?? assert.fail('the account is not there');
    };
    const apply = async (account: ReadAccount, image: AccountImage): Promise<ReadAccount['refs']> => {
      let refs = account.refs;
      for (const step of planSteps(world.target, diff(world.target, account.image, image))) {
        const answer = written(
          await world.target.update(
            {
              ...{ externalId: account.externalId, call: step.call, changes: valuesOf(step), desired: image },
              current: account.image,
              ...{ marker: 'unused', refs, takeOver: false },
            },
            budget(),
          ),
        );
        refs = { ...refs, ...answer.refs };
      }
      return refs;
    };
    const planAgain = async (
      externalId: string,
      image: AccountImage,
      refs: ReadAccount['refs'],
    ): Promise<readonly unknown[]> => diff(world.target, (await read(externalId, image, refs)).image, image);

    test('apply, then plan again, and the plan is empty', async () => {
      const image = desire(world.person());
      const account = written(
        await world.target.create(atCreation(world.target, image), randomText(), budget()),
      );

      const refs = await apply(account, image);

      assert.deepEqual(await planAgain(account.externalId, image, refs), []);
    });

    test('a reduction is applied and read back', async () => {
      const person = world.person();
      const account = await create(person);
      const refs = await apply(account, desire(person));
      const fewer = desire(person, world.fewerAccesses);
      const current = await read(account.externalId, fewer, refs);
      const changes = diff(world.target, current.image, fewer);
      assert.ok(changes.length > 0 && changes.every(({ effect }) => effect === 'reduces'));

      await apply({ ...current, refs }, fewer);

      assert.deepEqual(await planAgain(account.externalId, fewer, refs), []);
    });

    test('a created account is found by mail and carries its marker', async () => {
      const person = world.person();
      const account = await create(person, 'marker-of-this-test');

      const answer = await world.target.findCandidates(desire(person), budget());

      assert.ok(answer.outcome === 'read');
      assert.deepEqual(
        answer.accounts.map(({ externalId, marker }) => [externalId, marker]),
        [[account.externalId, 'marker-of-this-test']],
      );
    });

    test('mail addresses with a plus sign are found as they are', async () => {
      const plain = world.person();
      const plus = world.person({ mail: (plain.mail ?? '').replace('@', '+shop@') });
      await create(plain);
      const account = await create(plus);

      const answer = await world.target.findCandidates(desire(plus), budget());

      assert.ok(answer.outcome === 'read');
      assert.deepEqual(
        answer.accounts.map(({ externalId }) => externalId),
        [account.externalId],
      );
    });

    test('creating for a mail that is taken answers duplicate', async () => {
      const person = world.person();
      await create(person);

      const again = await world.target.create(
        atCreation(world.target, desire(person)),
        randomText(),
        budget(),
      );

      assert.equal(again.outcome, 'duplicate');
    });

    test('an account that vanished is read as absent and cannot be updated', async () => {
      const person = world.person();
      const account = await create(person);
      world.remove(account.externalId);

      const found = await world.target.findById(account.externalId, desire(person), {}, budget());
      const call = world.target.calls[0] ?? '';
      const changes = { mail: person.mail ?? '' };
      const updated = await world.target.update(
        {
          ...{ externalId: account.externalId, call, changes, desired: desire(person) },
          ...{ marker: 'unused', refs: {}, takeOver: false, current: account.image },
        },
        budget(),
      );

      assert.deepEqual(found, { outcome: 'read', accounts: [] });
      assert.equal(updated.outcome, 'gone');
    });

    test('each operation is one request', async () => {
      const person = world.person();
      const image = desire(person);
      const spent = budget();

      const answer = await world.target.create(atCreation(world.target, image), randomText(), spent);
      await world.target.findCandidates(image, spent);
      await world.target.findById(written(answer).externalId, image, {}, spent);

      assert.equal(spent.calls, 3);
    });

    const EXPECTED: readonly (readonly [TargetFault, string, boolean])[] = [
      ['lost-reply', 'provisioning.target_unreachable', true],
      ['refuse-connection', 'provisioning.target_unreachable', true],
      ['server-error', 'provisioning.target_error', true],
      ['html-error', 'provisioning.maintenance', false],
      ['rate-limited', 'provisioning.rate_limited', false],
      ['rate-limited-without-headers', 'provisioning.rate_limited', false],
      ['revoked-token', 'provisioning.token_revoked', false],
      ['never-answers', 'provisioning.slow', true],
    ];
    for (const [fault, code, maybeApplied] of EXPECTED) {
      test(`a write under "${fault}" says ${code}, and whether it may have happened`, async () => {
        // A target of its own: what it learned about limits must not reach the next test.
        await using own = await start();
        const answer = own.target.desire(own.person(), own.accesses);
        assert.ok(answer.outcome === 'desired');
        own.fail(fault);

        const result = await own.target.create(
          atCreation(own.target, answer.image),
          randomText(),
          budget(400),
        );

        assert.ok(result.outcome === 'unavailable');
        assert.deepEqual([result.code, result.maybeApplied], [code, maybeApplied]);
        if (code === 'provisioning.rate_limited') assert.ok((result.retryAfterSeconds ?? 0) > 0);
      });
    }
  });
}

function atCreation(target: OpenTarget, image: AccountImage): AccountImage {
  return Object.fromEntries(
    Object.entries(image).filter(([name]) => target.fields[name]?.atCreation === true),
  );
}
