import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import { diff, planSteps, valuesOf } from '../../src/provisioning/planning/plan.ts';
import { desiredImage, makeAccount, readAccount, settle, written } from './scim-driver.ts';
import { budget, EDITOR, READER, type ScimTargetWorld, startScimTarget } from './scim-world.ts';

let world: ScimTargetWorld;
beforeEach(async () => {
  world = await startScimTarget();
});
afterEach(() => world[Symbol.asyncDispose]());

const desired = (person: Person, accesses = EDITOR, target = world.target): AccountImage =>
  desiredImage(target, person, accesses);

async function makeOne(person: Person, accesses = EDITOR): Promise<string> {
  const id = await makeAccount(world.target, person, accesses);
  world.forgetCalls();
  return id;
}

suite('an account', () => {
  test('holds what the directory says, with our id', async () => {
    const person = world.person();

    const id = await makeOne(person);

    const { userName, externalId, name, displayName, emails, phoneNumbers, addresses, active, ...rest } =
      world.user(id) ?? assert.fail('no such account');
    assert.deepEqual([userName, externalId, active], [person.mail, person.id, true]);
    assert.deepEqual([name, displayName], [{ givenName: 'Mira', familyName: 'Lindqvist' }, 'Mira Lindqvist']);
    assert.deepEqual(emails, [{ value: person.mail, type: 'work', primary: true }]);
    assert.deepEqual(phoneNumbers, [{ value: '+49 40 1234', type: 'work' }]);
    assert.deepEqual(addresses, [
      {
        ...{ streetAddress: 'Speicherstrasse 12', locality: 'Hamburg', region: 'Hamburg' },
        ...{ postalCode: '20457', country: 'DE', type: 'work' },
      },
    ]);
    assert.deepEqual(rest['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'], {
      department: 'Merchandising',
    });
    assert.deepEqual([...world.groupsOf(id)].sort(), ['Editors', 'Readers']);
  });

  test('an unchanged one costs one look and no write', async () => {
    const person = world.person();
    const id = await makeOne(person);

    const account = await readAccount(world.target, id, desired(person));

    assert.deepEqual(diff(world.target, account.image, desired(person)), []);
    assert.deepEqual(world.calls(), [`GET /Users/${id}`]);
  });

  test('details that change and details that go are written beside those that stay', async () => {
    const person = world.person();
    const id = await makeOne(person);
    world.act('change-account', {
      userName: person.mail,
      change: {
        nickName: 'Mi',
        emails: [
          { value: 'private@mail.example', type: 'home' },
          { value: person.mail, type: 'work', primary: true },
        ],
      },
    });
    const { phone: _phone, department: _department, address: _address, ...fewer } = person;
    const changed = { ...fewer, mail: 'other@halden.example', familyName: 'Berg', displayName: 'Mira Berg' };

    await settle(world.target, id, desired(changed));

    const user = world.user(id);
    assert.equal(user?.['userName'], 'other@halden.example');
    assert.equal(user?.['nickName'], 'Mi');
    assert.deepEqual(user?.['emails'], [
      { value: 'private@mail.example', type: 'home' },
      { value: 'other@halden.example', type: 'work', primary: true },
    ]);
    assert.equal(user?.['phoneNumbers'], undefined);
    assert.equal(user?.['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'], undefined);
    assert.deepEqual(user?.['name'], { givenName: 'Mira', familyName: 'Berg' });
  });

  test('is found by our id whatever became of name and mail, in one search', async () => {
    const person = world.person();
    const id = await makeOne(person);
    world.act('change-account', { userName: person.mail, change: { userName: 'renamed', emails: [] } });

    const answer = await world.target.findCandidates(desired(person), budget());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual(
      answer.accounts.map(({ externalId, ours }) => [externalId, ours]),
      [[id, true]],
    );
    assert.deepEqual(world.calls(), ['GET /Users']);
  });

  test('of somebody else with the same name or mail is nominated and never ours', async () => {
    world.act('add-account', {
      ...{ userName: 'd.upland', externalId: 'somebody-else' },
      emails: [{ value: 'DUP2@halden.example', type: 'home' }],
    });
    const byName = await world.target.findCandidates(
      desired(world.person({ mail: 'Dup@Halden.Example' })),
      budget(),
    );
    const byMail = await world.target.findCandidates(
      desired(world.person({ mail: 'dup2@halden.example' })),
      budget(),
    );

    assert.ok(byName.outcome === 'read' && byMail.outcome === 'read');
    assert.deepEqual(
      [...byName.accounts, ...byMail.accounts].map(({ ours }) => ours),
      [false, false],
    );
  });

  test('that is taken over carries our id from then on', async () => {
    const person = world.person({ mail: 'dup@halden.example' });
    const found = await world.target.findCandidates(desired(person), budget());
    assert.ok(found.outcome === 'read');
    const account = found.accounts[0] ?? assert.fail();
    const request = { externalId: account.externalId, call: 'groups', changes: {}, marker: 'unused' };

    const answer = await world.target.update(
      { ...request, current: account.image, desired: desired(person), refs: account.refs, takeOver: true },
      budget(),
    );

    assert.equal(answer.outcome, 'written');
    assert.equal(world.user(account.externalId)?.['externalId'], person.id);
  });
});

suite('groups', () => {
  test('a role that is lost is taken away before another is given', async () => {
    const person = world.person();
    const id = await makeOne(person, READER);
    world.act('set-members', { group: 'Readers', members: [person.mail] });
    const wiki = world.open({}, [
      { id: 'wiki', access: {}, roles: [{ id: 'reader', account: { groups: ['Administrators'] } }] },
    ]);
    // What an earlier configuration found out is kept: the group that no role names any more is known.
    const before = await world.target.prepare(budget());
    wiki.restore(before.outcome === 'prepared' ? before.facts : undefined);
    await wiki.prepare(budget());
    const image = desired(person, READER, wiki);
    const current = await readAccount(wiki, id, image);
    const changes = diff(wiki, current.image, image, { given: { groups: ['Readers'] } });
    const steps = planSteps(wiki, changes);

    for (const step of steps) {
      const request = { externalId: id, call: step.call, changes: valuesOf(step), marker: 'unused' };
      const own = { current: current.image, desired: image, refs: {}, takeOver: false };
      written(await wiki.update({ ...request, ...own }, budget()));
    }

    assert.deepEqual(
      steps.map((step) => valuesOf(step)),
      [{ groups: [] }, { groups: ['Administrators'] }],
    );
    assert.deepEqual(world.groupsOf(id), ['Administrators']);
  });

  test('a group that somebody gave by hand is shown and left', async () => {
    const person = world.person();
    const id = await makeOne(person);
    world.act('set-members', { group: 'Administrators', members: [person.mail] });

    const account = await readAccount(world.target, id, desired(person));

    assert.deepEqual(account.image['groups'], ['Administrators', 'Editors', 'Readers']);
    assert.deepEqual(diff(world.target, account.image, desired(person)), []);
  });

  test('adding who is in and removing who is out is done at once', async () => {
    const person = world.person();
    const id = await makeOne(person, READER);
    const change = (from: string[], to: string[]) =>
      world.target.update(
        {
          ...{ externalId: id, call: 'groups', changes: { groups: to }, current: { groups: from } },
          ...{ desired: desired(person), marker: 'unused', refs: {}, takeOver: false },
        },
        budget(),
      );

    const again = written(await change([], ['Readers']));
    const gone = written(await change(['Editors', 'Readers'], ['Readers']));

    assert.deepEqual([again.image, gone.image], [{ groups: ['Readers'] }, { groups: ['Readers'] }]);
  });

  test('of an account that vanished: the account is gone, the group is not blamed', async () => {
    const person = world.person();
    const id = await makeOne(person, READER);
    world.act('remove-account', { userName: person.mail });

    const answer = await world.target.update(
      {
        ...{ externalId: id, call: 'groups', changes: { groups: ['Editors'] }, current: {} },
        ...{ desired: desired(person), marker: 'unused', refs: {}, takeOver: false },
      },
      budget(),
    );

    assert.deepEqual(answer, { outcome: 'gone' });
  });

  test('that the server lacks are named, and made only when that is wanted', async () => {
    const parties = [
      { id: 'wiki', access: {}, roles: [{ id: 'editor', account: { groups: ['Printers'] } }] },
    ];
    const refusing = world.open({}, parties);
    const making = world.open({ createGroups: true }, parties);

    const told = await refusing.prepare(budget());
    const missing = refusing.unresolved({ groups: ['Printers'] });
    await making.prepare(budget());
    await making.prepare(budget());

    assert.ok(told.outcome === 'prepared');
    assert.match(told.problems.map(({ message }) => message).join(), /group Printers is not there/);
    assert.deepEqual(missing, ['group Printers']);
    assert.deepEqual(making.unresolved({ groups: ['Printers'] }), []);
    const state = world.wiki.state()['scim'] as { groups: { displayName: string }[] };
    assert.equal(state.groups.filter(({ displayName }) => displayName === 'Printers').length, 1);
  });

  test('may be named by id', async () => {
    const state = world.wiki.state()['scim'] as { groups: { id: string; displayName: string }[] };
    const editors = state.groups.find(({ displayName }) => displayName === 'Editors')?.id ?? '';
    const parties = [{ id: 'wiki', access: {}, roles: [{ id: 'editor', account: { groups: [editors] } }] }];
    const target = world.open({ groupsBy: 'id' }, parties);
    await target.prepare(budget());
    const person = world.person();
    const image = desired(person, EDITOR, target);
    const { groups: _groups, ...first } = image;
    const { externalId } = written(await target.create(first, 'unused', budget()));

    await settle(target, externalId, image);

    assert.deepEqual(world.groupsOf(externalId), ['Editors']);
  });

  test('two of one name are told apart by nobody: the role stays unresolved', async () => {
    world.act('add-group', { displayName: 'Editors' });

    const told = await world.target.prepare(budget());

    assert.ok(told.outcome === 'prepared');
    assert.match(told.problems.map(({ message }) => message).join(), /several groups are called Editors/);
  });
});

suite('the ladder', () => {
  test('makes the account inactive, which access undoes', async () => {
    const person = world.person();
    const id = await makeOne(person);
    const [rung] = world.target.ladder;

    await settle(world.target, id, rung?.image ?? {});
    const closed = world.user(id)?.['active'];
    await settle(world.target, id, desired(person));

    assert.deepEqual([closed, world.user(id)?.['active']], [false, true]);
    assert.deepEqual(
      world.target.ladder.map((each) => each.id),
      ['deactivate'],
    );
  });

  test('takes groups and deletes only when set, each after its time', async () => {
    const target = world.open({ ladder: { removeGroups: '1d', delete: '90d' } });
    await target.prepare(budget());
    const person = world.person();
    const id = await makeOne(person);
    const [, groups, removal] = target.ladder;

    await settle(target, id, groups?.image ?? {});
    const left = world.groupsOf(id);
    const request = { externalId: id, act: 'delete', current: {}, refs: {} };
    const first = await target.act?.(request, budget());
    const second = await target.act?.(request, budget());

    assert.deepEqual([groups?.afterMs, removal?.afterMs, removal?.removes], [DAY, 90 * DAY, true]);
    assert.deepEqual(left, []);
    assert.deepEqual([first?.outcome, second?.outcome], ['written', 'gone']);
    assert.equal(world.user(id), undefined);
  });
});
