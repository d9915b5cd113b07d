import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { diff, extrasOf } from '../../src/provisioning/planning/plan.ts';
import { type B2bTargetWorld, budget, holds, startB2b } from './b2b-world.ts';

suite('what people are in B2B Edition', () => {
  let world: B2bTargetWorld;
  before(async () => {
    world = await startB2b();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => world.store.fail());

  const customer = (id: string) =>
    world.state().customers.find((each) => String(each.id) === id) ?? assert.fail('no customer');
  const userOf = ({ externalId }: Pick<ReadAccount, 'externalId'>) =>
    world.state().b2b.users.find(({ customerId }) => String(customerId) === externalId);
  const adminOf = ({ externalId }: Pick<ReadAccount, 'externalId'>) =>
    world.state().b2b.superAdmins.find(({ customerId }) => String(customerId) === externalId);
  const last = (answers: readonly unknown[]) =>
    answers.at(-1) as { outcome: string; reasons?: readonly string[]; code?: string; detail?: string };

  test('a buyer is a customer first, then the user of one company with one role, and nobody is mailed', async () => {
    const person = world.person();

    const account = await world.make(person, holds('purchasing'));

    const user = userOf(account);
    assert.deepEqual([user.companyId, user.companyRoleId], [503, 2]);
    assert.deepEqual(customer(account.externalId).channel_ids, [2]);
    assert.deepEqual(world.state().b2b['welcomed'], []);
    assert.deepEqual(account.refs, { user: String(user.id) });
  });

  test('the group that the company gives is left alone, whatever it becomes', async () => {
    const account = await world.make(world.person(), holds('purchasing'));
    assert.equal(customer(account.externalId).customer_group_id, 3);

    world.act('b2b-edit-company', { company: 503, customerGroupId: 4 });
    const again = await world.read(account);

    assert.equal(customer(account.externalId).customer_group_id, 4);
    assert.deepEqual(again.image, account.image);
    assert.ok(!('group' in world.target.fields));
    world.act('b2b-edit-company', { company: 503, customerGroupId: 3 });
  });

  test('a masquerade, which changes the group of the super admin, is no drift', async () => {
    const person = world.person();
    const account = await world.make(person, holds('account-manager'));
    const image = world.image(person, holds('account-manager'));

    world.act('b2b-masquerade', { email: person.mail, company: 503 });
    const acting = await world.read(account);

    assert.equal(customer(account.externalId).customer_group_id, 3);
    assert.deepEqual(diff(world.target, acting.image, image), []);
  });

  test('a role of the store and a predefined one replace each other', async () => {
    const person = world.person();
    const account = await world.make(person, holds('approver'));
    assert.equal(account.image['role'], 'Approver');
    const { id } = userOf(account);

    await world.apply(account, world.image(person, holds('purchasing')));

    assert.deepEqual([userOf(account).id, userOf(account).companyRoleId], [id, 2]);
    assert.equal((await world.read(account)).image['role'], 'senior-buyer');
  });

  test('whoever changes company leaves the old one first and keeps the customer', async () => {
    const person = world.person();
    const account = await world.make(person, holds('purchasing'));
    world.forgetCalls();

    const answers = await world.apply(account, world.image(person, holds('fjord-buyer')));

    assert.equal(last(answers).outcome, 'written');
    const moved = await world.read(account);
    assert.equal(moved.externalId, account.externalId);
    assert.deepEqual([moved.image['company'], moved.image['role']], ['Fjord Hospitality', 'admin']);
    assert.equal(userOf(account).companyId, 501);
  });

  test('the last user of a company can neither leave nor be deleted, and the reason says what to do', async () => {
    const person = world.person();
    // Companies have no users but those of other tests.
    await world.b2b('POST', '/companies', company('Lone Star', 'lone'));
    await world.target.prepare(budget());
    const account = await accountOfMail('lone@halden.example');

    const answers = await world.apply(account, {
      ...world.image({ ...person, mail: 'lone@halden.example' }, holds('purchasing')),
    });
    const ended = await world.apply(await world.read(account), { company: '', role: '' });

    for (const answer of [last(answers), last(ended)]) {
      assert.equal(answer.outcome, 'blocked');
      assert.match(answer.reasons?.[0] ?? '', /last user of the company Lone Star.*add another user/);
      assert.doesNotMatch(answer.reasons?.[0] ?? '', /lone@/);
    }
    assert.ok(userOf(account), 'still there');
  });

  test('when another user has come, the former last one leaves', async () => {
    const account = await accountOfMail('lone@halden.example');
    const id = userOf(account).companyId;
    const second = { firstName: 'Second', lastName: 'User', email: 'second@halden.example' };
    await world.b2b('POST', '/users', { ...second, companyId: id, role: 0, channelIds: [2] });

    const answers = await world.apply(await world.read(account), { company: '', role: '' });

    assert.equal(last(answers).outcome, 'written');
    assert.equal(userOf(account), undefined);
    assert.ok(customer(account.externalId), 'the customer stays');
  });

  async function accountOfMail(mail: string): Promise<ReadAccount> {
    const { id } = world.state().customers.find(({ email }) => email === mail) ?? assert.fail(mail);
    return world.read({ externalId: String(id), refs: {} });
  }

  test('a buyer becomes a super admin, and loses the company', async () => {
    const person = world.person();
    const account = await world.make(person, holds('purchasing'));

    await world.apply(account, world.image(person, holds('account-manager')));

    assert.equal(userOf(account), undefined);
    assert.deepEqual(adminOf(account).companies.toSorted(), [501, 503]);
  });

  test('a super admin who is to be a buyer looks after nobody, and a human must do the rest', async () => {
    const person = world.person();
    const account = await world.make(person, holds('account-manager'));
    const image = world.image(person, holds('purchasing'));

    const first = last(await world.apply(account, image));
    const second = last(await world.apply(await world.read(account), image));

    for (const answer of [first, second]) {
      assert.equal(answer.outcome, 'blocked');
      assert.match(answer.reasons?.[0] ?? '', /delete the super admin in B2B Edition/);
    }
    assert.deepEqual(adminOf(account).companies, []);
    world.act('b2b-remove-person', { email: person.mail });
    assert.equal(last(await world.apply(await world.read(account), image)).outcome, 'written');
    assert.equal(userOf(account).companyId, 503);
  });

  test('an id that is remembered wrongly shows nobody else’s companies', async () => {
    const mine = await world.make(world.person(), holds('fjord-manager'));
    const other = await world.make(world.person(), holds('account-manager'));

    const read = await world.read({ externalId: mine.externalId, refs: other.refs });

    assert.deepEqual(read.image['companies'], ['Fjord Hospitality']);
    assert.deepEqual(read.refs, mine.refs);
  });

  test('the first role in the configuration decides, and super admins add up', async () => {
    const person = world.person();

    const both = world.image(person, holds('purchasing', 'fjord-manager'));
    const managers = world.image(person, holds('fjord-manager', 'account-manager'));
    const buyers = world.image(person, holds('fjord-buyer', 'approver'));

    assert.deepEqual(
      [both['superAdmin'], both['company'], both['companies']],
      ['yes', '', ['Fjord Hospitality']],
    );
    assert.deepEqual(managers['companies'], ['Fjord Hospitality', 'Orchard Supply']);
    assert.deepEqual([buyers['company'], buyers['role']], ['Orchard Supply', 'Approver']);
  });

  test('companies assigned by hand are not ours, those that a role gave are', async () => {
    const person = world.person();
    const account = await world.make(person, holds('account-manager'));
    world.act('b2b-assign', { email: person.mail, company: 502 });
    const { image } = await world.read(account);
    const wanted = world.image(person, holds('fjord-manager'));

    const extras = extrasOf(world.target, 'companies', image['companies'], wanted['companies'] ?? []);
    const [change] = diff(world.target, image, wanted);

    assert.deepEqual(extras, ['Fjord Hotels North']);
    assert.deepEqual(change?.to, ['Fjord Hospitality', 'Fjord Hotels North']);
  });

  test('all companies are the approved ones, and those approved later follow', async () => {
    const person = world.person();
    const before = world.image(person, holds('all-companies'))['companies'];

    world.act('b2b-edit-company', { company: 504, status: 1 });
    await world.target.prepare(budget());
    const after = world.image(person, holds('all-companies'))['companies'];

    assert.ok(Array.isArray(before) && Array.isArray(after));
    assert.ok(!before.includes('Baltic Interiors') && !before.includes('Kiel Yachts'));
    assert.ok(after.includes('Baltic Interiors'));
    world.act('b2b-edit-company', { company: 504, status: 0 });
    await world.target.prepare(budget());
  });

  test('before the store was asked, all companies are not taken for none', () => {
    const target = world.open();

    const image = world.image(world.person(), holds('all-companies'), target);

    assert.deepEqual(image['companies'], ['*']);
    assert.deepEqual(target.unresolved(image), ['the list of companies']);
  });

  for (const [role, missing] of [
    ['pending', 'company Baltic Interiors, which waits for approval'],
    ['quiet', 'company Kiel Yachts, which is inactive'],
    ['unknown', 'company Nobody & Sons'],
  ] as const) {
    test(`with the role "${role}" the person is refused, and told: ${missing}`, () => {
      const image = world.image(world.person(), holds(role));

      assert.equal(world.target.unresolved(image)[0], missing);
    });
  }

  test('a rejected company takes nobody either', async () => {
    world.act('b2b-edit-company', { company: 504, status: 2 });
    await world.target.prepare(budget());

    const missing = world.target.unresolved(world.image(world.person(), holds('pending')));

    assert.deepEqual(missing, ['company Baltic Interiors, which was rejected']);
    world.act('b2b-edit-company', { company: 504, status: 0 });
    await world.target.prepare(budget());
  });

  test('an attribute names the company by its id', () => {
    const person = world.person({ attributes: { company: '503' } });

    const image = world.image(person, holds('of-attribute'));

    assert.equal(image['company'], 'Orchard Supply');
  });

  test('an attribute without value, with several values or with a stranger’s id lets nobody in', () => {
    const of = (company: string | readonly string[] | undefined) =>
      world.target.desire(
        world.person({ attributes: company === undefined ? {} : { company } }),
        holds('of-attribute'),
      );

    for (const value of [undefined, '', ['501', '503']]) {
      const answer = of(value);
      assert.equal(answer.outcome === 'refused' && answer.code, 'provisioning.no_access');
    }
    const unknown = of('4711');
    assert.ok(unknown.outcome === 'desired');
    assert.deepEqual(world.target.unresolved(unknown.image), ['company id 4711']);
  });

  test('an attribute that names no company any more takes all from a super admin', async () => {
    const looksAfter = ['Fjord Hospitality', 'Orchard Supply'];
    const person = world.person({ attributes: { looksAfter } });
    const account = await world.make(person, holds('regional'));
    assert.deepEqual(account.image['companies'], looksAfter);

    await world.apply(account, world.image({ ...person, attributes: {} }, holds('regional')));

    assert.deepEqual(adminOf(account).companies, []);
  });

  test('somebody who was made a company user by hand is found by mail, also on another channel', async () => {
    // Patrice is a user of Orchard Supply on channel 2; the app is channel 3.
    const person = world.person({ mail: 'pat@orchard.example' });
    const access = [{ relyingParty: 'app', role: 'purchasing' }];

    const found = await world.target.findCandidates(world.image(person, access), budget());

    assert.ok(found.outcome === 'read');
    assert.deepEqual(
      found.accounts.map(({ externalId, image, marker }) => [externalId, image['company'], marker]),
      [['103', 'Orchard Supply', undefined]],
    );
  });

  test('a customer who shares the mail address on the same channel is never taken', async () => {
    world.store.turn({ duplicateRule: 'same-channels', quota: 100_000, b2bQuota: 100_000 });
    const person = world.person();
    const access = [...holds('purchasing'), { relyingParty: 'app', role: 'purchasing' }];
    const image = world.image(person, access);
    const { id } = world.act('sign-up', { channel: 2, email: person.mail }) as { id: number };
    const made = await world.target.create(
      { ...image, companies: undefined, company: undefined } as never,
      'marker',
      budget(),
    );
    assert.ok(made.outcome === 'written', JSON.stringify(made));

    const answer = last(await world.apply(made.account, image));

    assert.equal(answer.outcome, 'blocked');
    assert.match(answer.reasons?.[0] ?? '', new RegExp(`^customer ${id} has the same mail address`));
    assert.equal(userOf({ externalId: String(id) }), undefined);
    assert.equal(userOf(made.account), undefined);
    world.store.turn({ duplicateRule: 'overlap', quota: 100_000, b2bQuota: 100_000 });
  });

  test('a mail address that a left-behind user keeps is a task', async () => {
    world.store.turn({ b2bAfterCustomerDelete: 'left-behind', quota: 100_000, b2bQuota: 100_000 });
    const person = world.person();
    const before = await world.make(person, holds('purchasing'));
    world.act('delete-customer', { id: Number(before.externalId) });
    const image = world.image(person, holds('purchasing'));
    const fresh = await world.target.create(channelsAndNames(image), 'another', budget());
    assert.ok(fresh.outcome === 'written');

    const answer = last(await world.apply(fresh.account, image));

    assert.equal(answer.outcome, 'blocked');
    assert.match(answer.reasons?.[0] ?? '', /somebody else in B2B Edition has this mail address/);
  });

  function channelsAndNames({ channels, mail, firstName, lastName }: ReadAccount['image']) {
    return {
      channels: channels ?? [],
      mail: mail ?? '',
      firstName: firstName ?? '',
      lastName: lastName ?? '',
    };
  }

  const MOVES = [
    ['purchasing', 'fjord-buyer', ['GET', 'DELETE', 'POST']],
    ['purchasing', 'approver', ['GET', 'PUT']],
    ['purchasing', 'account-manager', ['GET', 'DELETE', 'POST', 'PUT']],
    ['fjord-manager', 'account-manager', ['GET', 'PUT']],
    ['account-manager', 'fjord-manager', ['GET', 'PUT']],
  ] as const;
  for (const [from, to, methods] of MOVES) {
    for (const kind of ['lost-reply', 'refuse-connection'] as const) {
      test(`from ${from} to ${to}: done again after "${kind}" of any request, all is as it should be`, async () => {
        for (const method of methods) {
          const person = world.person();
          const account = await world.make(person, holds(from));
          const image = world.image(person, holds(to));
          world.store.fail({ kind, match: { method, host: 'api-b2b.bigcommerce.localhost' }, times: 1 });

          const stopped = last(await world.apply(account, image));
          world.store.fail();
          await world.apply(await world.read(account), image);

          assert.equal(stopped.code, 'provisioning.target_unreachable', method);
          assert.deepEqual(diff(world.target, (await world.read(account)).image, image), [], method);
          const { users, superAdmins } = world.state().b2b;
          const mine = [...users, ...superAdmins].filter(({ email }) => email === person.mail);
          assert.equal(mine.length, 1, method);
        }
      });
    }
  }
});

function company(companyName: string, admin: string): object {
  return {
    ...{ companyName, companyPhone: '1', companyEmail: `${admin}@office.example`, country: 'US' },
    ...{ adminFirstName: 'Lone', adminLastName: 'Admin', adminEmail: `${admin}@halden.example` },
    ...{ channelIds: [2], acceptWelcomeEmail: false },
  };
}
