import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import type { ReadAccount, UpdateRequest, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { diff, planSteps } from '../../src/provisioning/planning/plan.ts';
import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  accessOf,
  background,
  MERCHANDISING,
  type PanelOptions,
  type PanelWorld,
  startPanels,
} from './control-panel-world.ts';

const FAULTS: Readonly<Record<TargetFault, FaultInput>> = {
  'lost-reply': { kind: 'lost-reply' },
  'refuse-connection': { kind: 'refuse-connection' },
  'server-error': { kind: 'status', status: 500 },
  'html-error': { kind: 'html-503' },
  'rate-limited': { kind: 'rate-limited', headers: true, resetMs: 4_000 },
  'rate-limited-without-headers': { kind: 'rate-limited', headers: false },
  'revoked-token': { kind: 'revoked-token' },
  'never-answers': { kind: 'hold' },
};

async function start(options: PanelOptions): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const running = await startSandbox({ port: 0, clock, only: ['bigcommerce'] });
  const world = await startPanels({ ...options, sandbox: { running, clock } });
  return {
    ...{ target: world.target, person: world.person },
    accesses: [accessOf('emea', 'guest'), accessOf('na', 'guest')],
    fewerAccesses: [accessOf('na', 'guest')],
    fail: (fault) => world.account.control.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: (externalId) => {
      world.account.act('remove-panel-user', { email: world.account.mailOf(externalId) });
    },
    makeByHand: (email) => {
      world.account.act('add-panel-user', { store: 'haldenemea', email });
      return world.account.idOf(email);
    },
    changeByHand: (externalId) => {
      const email = world.account.mailOf(externalId);
      world.account.act('remove-panel-user', { email, store: 'haldenna' });
    },
    pass: (ms) => world.clock.advance(ms),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** What the documents leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ accountRateHeaders: 'omitted', accountRejectedStatus: '400', accountMissingScope: 'http-403' },
  ...{ accountErrorCodes: 'present', accountRemovalWithStores: 'refused', accountAddByEmail: 'refused' },
  ...{ accountFreshPermissions: 'none', accountRemoveAgain: 'no-change' },
} as const;

connectorContract('bigcommerce-control-panel', () => start({}));
connectorContract('bigcommerce-control-panel, assumptions turned', () =>
  start({ positions: OTHER_POSITIONS }),
);
connectorContract('bigcommerce-control-panel that says yes to everything twice', () =>
  start({ positions: { accountAddAgain: 'no-change', accountRemoveAgain: 'no-change' } }),
);

async function created(world: PanelWorld, mail: string): Promise<ReadAccount> {
  const answer = await world.target.create({ mail }, 'unused', background());
  assert.equal(answer.outcome, 'written', JSON.stringify(answer));
  return answer.outcome === 'written' ? answer.account : assert.fail();
}

function change(
  account: Pick<ReadAccount, 'externalId' | 'image' | 'refs'>,
  stores: readonly string[],
): UpdateRequest {
  return {
    ...{ externalId: account.externalId, call: 'stores', changes: { stores: [...stores] } },
    ...{ current: account.image, desired: {}, marker: 'unused', refs: account.refs, takeOver: false },
  };
}

function outcomeOf(answer: WriteAnswer): string {
  return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
}

suite('what somebody should look like', () => {
  test('roles give stores, and what is to be ticked in each', async () => {
    await using world = await startPanels();

    const image = world.desire(world.person(), accessOf('na', 'guest'), accessOf('emea', 'order-desk'));

    assert.deepEqual(image, {
      mail: 'person-1@halden.example',
      stores: ['haldenemea', 'haldenna'],
      'permissions.haldenemea': ['Manage_Orders'],
    });
  });

  test('of two roles of one store the first in the configuration decides alone (S10)', async () => {
    await using world = await startPanels();

    const image = world.desire(
      world.person(),
      accessOf('emea', 'order-desk'),
      accessOf('emea', 'merchandiser'),
    );

    assert.deepEqual(image['permissions.haldenemea'], MERCHANDISING);
  });

  test('with combine: union all their permissions add up (S10)', async () => {
    await using world = await startPanels({ settings: { combine: 'union' } });

    const image = world.desire(
      world.person(),
      accessOf('emea', 'order-desk'),
      accessOf('emea', 'merchandiser'),
    );

    assert.deepEqual(image['permissions.haldenemea'], [...MERCHANDISING, 'Manage_Orders'].sort());
  });

  test('with combine: union one role that leaves permissions to people leaves them all', async () => {
    await using world = await startPanels({ settings: { combine: 'union' } });

    const image = world.desire(world.person(), accessOf('emea', 'merchandiser'), accessOf('emea', 'guest'));

    assert.equal('permissions.haldenemea' in image, false);
  });

  for (const [what, mail, code] of [
    ['no mail address', '', 'provisioning.mail_missing'],
    ['an address with a space', 'mi ra@halden.example', 'provisioning.mail_invalid'],
    ['an address without a domain', 'mira@localhost', 'provisioning.mail_invalid'],
    ['an address that is too long', `${'m'.repeat(250)}@halden.example`, 'provisioning.mail_invalid'],
  ] as const) {
    test(`somebody with ${what} is refused before BigCommerce does it`, async () => {
      await using world = await startPanels();

      const answer = world.target.desire(world.person({ mail }), [accessOf('emea', 'guest')]);

      assert.deepEqual(answer.outcome === 'refused' && answer.code, code);
    });
  }

  test('a role that means nothing there, and a template that is missing, are refused', async () => {
    await using world = await startPanels({ roles: { emea: { lost: { template: 'nowhere' } } } });

    const codes = ['lost', 'unheard-of'].map((role) => {
      const answer = world.target.desire(world.person(), [accessOf('emea', role)]);
      return answer.outcome === 'refused' && answer.code;
    });

    assert.deepEqual(codes, ['provisioning.role_unmapped', 'provisioning.role_unmapped']);
  });
});

suite('reading', () => {
  test('a user is shown with the stores that relying parties name, and others are left out', async () => {
    await using world = await startPanels();
    const id = world.account.idOf('lena@halden.example');

    const { image, refs, fresh } = await world.read(id);

    assert.deepEqual(image['stores'], ['haldenemea']);
    assert.equal('permissions.haldenoutlet' in image, false);
    assert.equal(refs['others'], 'haldenoutlet');
    assert.equal(fresh, false);
  });

  test('a store that was named once and is not any more is still ours to take away', async () => {
    await using world = await startPanels();
    const id = world.account.idOf('lena@halden.example');

    const { image } = await world.read(id, { stores: 'haldenoutlet' });

    assert.deepEqual(image['stores'], ['haldenemea', 'haldenoutlet']);
  });

  for (const shown of ['twice', 'once', 'none']) {
    test(`a new user may do nothing, however often the API says so (${shown})`, async () => {
      await using world = await startPanels({ positions: { accountFreshPermissions: shown } });
      const account = await created(world, 'new@halden.example');
      await world.target.update(change(account, ['haldenemea']), background());

      const { image } = await world.read(account.externalId);

      assert.deepEqual(image['permissions.haldenemea'], []);
    });
  }

  test('the whole account is one request', async () => {
    await using world = await startPanels();
    const budget = background();

    const answer = await world.target.list?.(undefined, budget);

    assert.ok(answer?.outcome === 'listed');
    assert.equal(budget.calls, 1);
    assert.equal(answer.accounts.length, world.account.count());
    assert.equal(answer.total, world.account.count());
  });

  test('a list says who signed in last when, who cannot, and whom nobody may change (S7)', async () => {
    await using world = await startPanels({ positions: { accountInvitedStatus: 'PENDING' } });
    const account = await created(world, 'new@halden.example');
    await world.target.update(change(account, ['haldenna']), background());

    const answer = await world.target.list?.(undefined, background());

    assert.ok(answer?.outcome === 'listed');
    const shown = new Map(answer.accounts.map((each) => [each.image['mail'], each]));
    const lena = shown.get('lena@halden.example');
    assert.equal(lena?.lastSignIn?.toISOString(), '2025-06-27T16:48:09.000Z');
    assert.deepEqual(lena?.image['stores'], ['haldenemea', 'haldenoutlet']);
    assert.ok(Array.isArray(lena?.image['permissions.haldenoutlet']));
    assert.equal(lena?.untouchable, undefined);
    assert.equal(shown.get('ada@halden.example')?.untouchable, true);
    assert.equal(shown.get('new@halden.example')?.isActive, false);
    assert.equal(shown.get('viktor@brightline.example')?.lastSignIn, undefined);
  });

  test('long lists are read to their end, all of them in the same requests', async () => {
    await using world = await startPanels({ settings: { pageSize: 10 } });
    for (let i = 0; i < 23; i += 1) {
      const email = `crowd-${i}@halden.example`;
      world.account.act('add-panel-user', { store: 'haldenemea', email, role: 'Sales Staff' });
      if (i < 15) world.account.act('add-panel-user', { store: 'haldenna', email, role: 'Sales Staff' });
    }
    const budget = background();

    const answer = await world.target.list?.(undefined, budget);

    assert.ok(answer?.outcome === 'listed');
    assert.equal(answer.accounts.length, world.account.count());
    assert.deepEqual(
      answer.accounts.filter(({ image }) => image['mail'] === 'crowd-14@halden.example')[0]?.image['stores'],
      ['haldenemea', 'haldenna'],
    );
    assert.equal(budget.calls, 3);
  });

  test('a page that BigCommerce finds too large is asked for in a smaller size, and so from then on', async () => {
    await using world = await startPanels({ positions: { accountPageMost: 60 } });
    const budget = background();

    const first = await world.target.list?.(undefined, budget);
    await world.target.list?.(undefined, budget);

    assert.equal(first?.outcome, 'listed');
    assert.equal(budget.calls, 2);
  });

  test('questions that come while the account is read share the next reading', async () => {
    await using world = await startPanels();
    const budgets = Array.from({ length: 9 }, () => background());
    const before = world.account.calls().length;

    const answers = await Promise.all(
      budgets.map((budget) => world.target.findCandidates({ mail: 'lena@halden.example' }, budget)),
    );

    assert.ok(answers.every((answer) => answer.outcome === 'read' && answer.accounts.length === 1));
    assert.ok(world.account.calls().length - before <= 2);
    assert.equal(
      budgets.reduce((sum, { calls }) => sum + calls, 0),
      world.account.calls().length - before,
    );
  });

  test('owners and listed people are nobody to take over', async () => {
    await using world = await startPanels({ settings: { untouchable: ['Lena@Halden.example'] } });

    for (const mail of ['ada@halden.example', 'lena@halden.example']) {
      assert.deepEqual(await world.target.findCandidates({ mail }, background()), {
        outcome: 'read',
        accounts: [],
      });
      assert.equal((await world.target.create({ mail }, 'unused', background())).outcome, 'duplicate');
    }
  });
});

suite('writing', () => {
  test('somebody joins several stores with one request, and leaves them with one', async () => {
    await using world = await startPanels();
    const account = await created(world, 'new@halden.example');
    const budget = background();

    const joined = await world.target.update(change(account, ['haldenemea', 'haldenna']), budget);
    const there = await world.read(account.externalId);
    const left = await world.target.update(change(there, []), budget);

    assert.equal(joined.outcome, 'written');
    assert.equal(left.outcome, 'written');
    assert.equal(budget.calls, 2);
    assert.deepEqual(world.account.storesOf('new@halden.example'), []);
    assert.equal(world.account.invitations('new@halden.example'), 1);
  });

  test('removals are a step of their own, before additions', async () => {
    await using world = await startPanels();
    const account = await created(world, 'new@halden.example');
    await world.target.update(change(account, ['haldenemea']), background());
    const current = await world.read(account.externalId);

    const steps = planSteps(
      world.target,
      diff(world.target, current.image, world.desire(world.person(), accessOf('na', 'guest'))),
    );

    assert.deepEqual(
      steps.map(({ changes }) => changes.map(({ field, to }) => [field, to])),
      [[['stores', []]], [['stores', ['haldenna']]]],
    );
  });

  for (const codes of ['absent', 'present']) {
    test(`what was done before, by hand or with a lost reply, is fine (codes ${codes})`, async () => {
      await using world = await startPanels({ positions: { accountErrorCodes: codes } });
      const account = await created(world, 'new@halden.example');
      await world.target.update(change(account, ['haldenemea']), background());

      const again = await world.target.update(change(account, ['haldenemea', 'haldenna']), background());

      assert.ok(again.outcome === 'written');
      assert.deepEqual(again.account.image['stores'], ['haldenemea', 'haldenna']);
    });

    test(`the owner of a store is never taken out of it (codes ${codes})`, async () => {
      await using world = await startPanels({ positions: { accountErrorCodes: codes } });
      const owner = await world.read(world.account.idOf('ada@halden.example'));

      const known = await world.target.update(change(owner, []), background());
      // Somebody became the owner after we had looked.
      const unaware = await world.target.update(change({ ...owner, refs: {} }, []), background());

      for (const answer of [known, unaware]) {
        assert.ok(answer.outcome === 'blocked');
        assert.match(answer.reasons.join(), /owns a store/);
      }
      assert.deepEqual(world.account.storesOf('ada@halden.example').length, 3);
    });

    test(`somebody who is gone is reported as gone (codes ${codes})`, async () => {
      await using world = await startPanels({ positions: { accountErrorCodes: codes } });
      const account = await created(world, 'new@halden.example');
      world.account.act('remove-panel-user', { email: 'new@halden.example' });

      const answer = await world.target.update(change(account, ['haldenemea']), background());

      assert.equal(answer.outcome, 'gone');
    });
  }

  test('whoever is listed as untouchable stays in every store', async () => {
    await using world = await startPanels({ settings: { untouchable: ['lena@halden.example'] } });
    const lena = await world.read(world.account.idOf('lena@halden.example'));

    const answer = await world.target.update(change(lena, []), background());

    assert.equal(answer.outcome, 'blocked');
    assert.deepEqual(world.account.storesOf('lena@halden.example'), ['haldenemea', 'haldenoutlet']);
  });

  test('a store that the account does not have is no store to retry', async () => {
    await using world = await startPanels();
    const account = await created(world, 'new@halden.example');

    const answer = await world.target.update(change(account, ['elsewhere']), background());

    assert.deepEqual(answer.outcome, 'invalid');
    assert.deepEqual(world.target.unresolved({ stores: ['elsewhere', 'haldenna'] }), ['store elsewhere']);
  });

  test('a token that may only read is forbidden to write, and nothing was done', async () => {
    const { accountCredentials } = await import('../../src/sandbox/bigcommerce/index.ts');
    for (const accountMissingScope of ['graphql', 'http-403']) {
      await using world = await startPanels({
        positions: { accountMissingScope },
        settings: { api: [accountCredentials.readOnlyApi] },
      });

      const answer = await world.target.create({ mail: 'new@halden.example' }, 'unused', background());

      assert.equal(outcomeOf(answer), 'provisioning.forbidden');
      assert.equal(answer.outcome === 'unavailable' && answer.maybeApplied, false);
    }
  });

  test('after a rotation the older token serves until it is revoked', async () => {
    const { accountCredentials } = await import('../../src/sandbox/bigcommerce/index.ts');
    await using world = await startPanels({
      settings: { api: [{ accessToken: 'not-there-yet' }, accountCredentials.api] },
    });
    const budget = background();

    await world.target.list?.(undefined, budget);
    const before = budget.calls;
    world.account.act('revoke-account-token', { token: 'accountApi' });
    const revoked = await world.target.list?.(undefined, budget);

    assert.equal(before, 1, 'the one that worked is remembered');
    assert.equal(revoked?.outcome === 'unavailable' && revoked.code, 'provisioning.token_revoked');
  });

  for (const headers of ['sent', 'omitted']) {
    test(`when the hour is used up nothing is sent until it is over (headers ${headers})`, async () => {
      await using world = await startPanels({
        positions: { accountQuota: 3, accountRateHeaders: headers },
      });
      await world.target.list?.(undefined, background());
      await world.target.list?.(undefined, background());

      const over = await world.target.list?.(undefined, background());
      const sent = world.account.calls().length;
      const again = await world.target.list?.(undefined, background());
      world.clock.advance(HOUR);
      const later = await world.target.list?.(undefined, background());

      assert.ok(over?.outcome === 'unavailable' && again?.outcome === 'unavailable');
      assert.deepEqual([over.code, again.code], ['provisioning.rate_limited', 'provisioning.rate_limited']);
      assert.ok((over.retryAfterSeconds ?? 0) > 0 && (over.retryAfterSeconds ?? 0) <= 3600);
      assert.equal(world.account.calls().length, sent + 1, 'only the last one was sent');
      assert.equal(later?.outcome, 'listed');
    });
  }
});

suite('the end', () => {
  const act = (account: ReadAccount) => ({
    ...{ externalId: account.externalId, act: 'leave-account' },
    ...{ current: account.image, refs: account.refs },
  });

  test('somebody in no store leaves the account; twice is once', async () => {
    await using world = await startPanels();
    const account = await created(world, 'new@halden.example');

    const left = await world.target.act?.(act(account), background());
    const again = await world.target.act?.(act(account), background());

    assert.equal(left?.outcome, 'written');
    assert.equal(again?.outcome, 'gone');
    assert.equal(world.account.user('new@halden.example'), undefined);
  });

  test('somebody who is still in stores of other people stays, and the reason names them', async () => {
    await using world = await startPanels();
    const lena = await world.read(world.account.idOf('lena@halden.example'));

    const answer = await world.target.act?.(act(lena), background());

    assert.ok(answer?.outcome === 'blocked');
    assert.match(answer.reasons.join(), /haldenoutlet/);
    assert.ok(world.account.user('lena@halden.example'));
  });

  test('with otherStores: remove they leave all the same', async () => {
    await using world = await startPanels({ settings: { ladder: { otherStores: 'remove' } } });
    const lena = await world.read(world.account.idOf('lena@halden.example'));

    const answer = await world.target.act?.(act(lena), background());

    assert.equal(answer?.outcome, 'written');
    assert.equal(world.account.user('lena@halden.example'), undefined);
  });

  test('owners and listed people stay', async () => {
    await using world = await startPanels({ settings: { untouchable: ['lena@halden.example'] } });

    for (const mail of ['ada@halden.example', 'lena@halden.example']) {
      const answer = await world.target.act?.(act(await world.read(world.account.idOf(mail))), background());

      assert.equal(answer?.outcome, 'blocked');
      assert.ok(world.account.user(mail));
    }
  });
});
