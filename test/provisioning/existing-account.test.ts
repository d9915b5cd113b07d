import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import {
  chooseExistingAccount,
  type ExistingAccountQuestion,
} from '../../src/provisioning/connector/existing-account.ts';
import type { EnsuredAccount } from '../../src/provisioning/index.ts';
import { mira, startWorld, type TargetOptions, type World } from './world.ts';

const TRUSTED = { trustedMailDomains: ['halden.example'] };
/** The demo's `dup`: customer 101 has this mail and belongs to somebody else. */
const dup = mira({ id: newId('per'), login: 'dup', mail: 'dup@halden.example' });

async function preparedWorld(options: TargetOptions = {}): Promise<World> {
  const world = await startWorld(options);
  await world.provisioning.prepareTargets();
  world.forgetCalls();
  return world;
}

function codeOf(result: EnsuredAccount): string {
  return result.outcome === 'ready' ? 'ready' : result.code;
}

test('a customer with the same mail is refused by default, and stays untouched', async () => {
  await using world = await preparedWorld();
  const before = world.customers('dup@halden.example');

  const result = await world.ensure(dup, TRUSTED);

  assert.equal(codeOf(result), 'provisioning.mail_taken');
  assert.deepEqual(world.customers('dup@halden.example'), before);
  assert.deepEqual(world.calls(), ['GET /v3/customers']);
  assert.deepEqual(await world.eventTypes(), ['account.refused']);
});

test('the refusal names neither the other person nor their account', async () => {
  await using world = await preparedWorld();

  const result = await world.ensure(dup, TRUSTED);

  assert.doesNotMatch(JSON.stringify(result), /101|Dorothea|Upland|dup@/);
});

test('adopting needs a trusted domain, also when the target allows it', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });

  const untrusted = await world.ensure(dup);
  const sibling = await world.ensure(dup, { trustedMailDomains: ['example', 'mail.halden.example'] });

  assert.equal(codeOf(untrusted), 'provisioning.mail_untrusted');
  assert.equal(codeOf(sibling), 'provisioning.mail_untrusted');
});

test('adopting locks the former password out in the same request that changes access', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });

  const result = await world.ensure(dup, TRUSTED);

  assert.equal(result.outcome === 'ready' && result.externalId, '101');
  assert.deepEqual(world.calls(), ['GET /v3/customers', 'PUT /v3/customers']);
  const [customer] = world.customers('dup@halden.example');
  assert.equal(customer?.force_password_reset, true);
  assert.deepEqual([customer?.customer_group_id, customer?.channel_ids], [2, [1]]);
  assert.ok((await world.eventTypes()).includes('account.adopted'));
});

test('adopting locks the password out even where nothing else changes', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  const change = { customer_group_id: 2, first_name: 'Mira', last_name: 'Lindqvist' };
  world.act('edit-customer', { id: 101, change });

  const result = await world.ensure(dup, TRUSTED);

  assert.equal(codeOf(result), 'ready');
  assert.equal(world.customers('dup@halden.example')[0]?.force_password_reset, true);
});

test('an adoption whose reply is lost is not linked before the password is known to be locked', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  world.store.fail({ kind: 'lost-reply', match: { method: 'PUT' }, times: 1 });

  const lost = await world.ensure(dup, TRUSTED);
  const unlinked = await world.provisioning.accountOf('bc-emea', dup.id);
  const again = await world.ensure(dup, TRUSTED);

  assert.equal(codeOf(lost), 'provisioning.target_unreachable');
  assert.equal(unlinked?.externalId, undefined);
  assert.equal(again.outcome === 'ready' && again.externalId, '101');
});

test('a write that is answered with another customer links neither', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  const other = { id: 102, email: 'pat@orchard.example' };
  const body = { data: [{ ...other, customer_group_id: 2, channel_ids: [1] }] };
  world.store.fail({ kind: 'status', status: 200, body, match: { method: 'PUT' }, times: 1 });

  const result = await world.ensure(dup, TRUSTED);

  assert.equal(codeOf(result), 'provisioning.bad_answer');
  assert.equal((await world.provisioning.accountOf('bc-emea', dup.id))?.externalId, undefined);
});

test('with admin-approve the existing account waits for an administrator', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'admin-approve' } });

  const waiting = await world.ensure(dup, TRUSTED);
  const view = await world.provisioning.accountOf('bc-emea', dup.id);
  const approve = (externalId: string) =>
    world.provisioning.approveCandidate({
      ...{ target: 'bc-emea', person: dup.id, externalId, by: { via: 'cli' }, thread: newId('lgn') },
    });
  await assert.rejects(approve('102'), { code: 'provisioning.nothing_to_approve' });
  await approve('101');
  await approve('101');
  const approved = await world.ensure(dup, TRUSTED);

  assert.equal(codeOf(waiting), 'provisioning.needs_approval');
  assert.equal(view?.candidate, '101');
  assert.equal(approved.outcome === 'ready' && approved.externalId, '101');
  const approvals = (await world.eventTypes()).filter((type) => type === 'account.approved');
  assert.equal(approvals.length, 1, 'approving twice is approving once');
  assert.equal(world.customers('dup@halden.example')[0]?.force_password_reset, true);
});

test('a customer of another channel is not in the way', async () => {
  await using world = await preparedWorld();
  const pat = mira({ id: newId('per'), mail: 'pat@orchard.example' });
  world.act('delete-customer', { id: 102 });

  const result = await world.ensure(pat, TRUSTED);

  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(
    world.customers('pat@orchard.example').map(({ channel_ids }) => channel_ids),
    [[2], [1]],
  );
});

test('two customers who could be meant are refused, whatever the target allows', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  const pat = mira({ id: newId('per'), mail: 'pat@orchard.example' });

  const result = await world.ensure(pat, {
    trustedMailDomains: ['orchard.example'],
    accesses: [
      { relyingParty: 'store-emea', role: 'merchandiser' },
      { relyingParty: 'store-trade', role: 'merchandiser' },
    ],
  });

  assert.equal(codeOf(result), 'provisioning.ambiguous');
});

test('a global customer covers every channel', async () => {
  await using world = await preparedWorld();
  // A store that would not mind: refusing must be our own doing.
  world.store.turn({ duplicateRule: 'same-channels' });
  const freya = mira({ id: newId('per'), mail: 'Freya@fjord.example' });

  const result = await world.ensure(freya);

  assert.equal(codeOf(result), 'provisioning.mail_taken');
});

test('an account of one person is never adopted for another', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  await world.ensure(mira());

  const twin = await world.ensure(mira({ id: newId('per') }), TRUSTED);

  assert.equal(codeOf(twin), 'provisioning.mail_taken');
});

test('an account whose creator died before writing the link is not adopted by another either', async () => {
  await using world = await preparedWorld({ settings: { onExisting: 'adopt' } });
  await using dying = await world.open({
    settings: { onExisting: 'adopt' },
    onStep: (step) => {
      if (step === 'creation answered') throw new Error('this process ends here');
    },
  });
  await assert.rejects(dying.provisioning.ensureAccount({ ...signInOf(mira()), ...TRUSTED }));

  const twin = await world.ensure(mira({ id: newId('per') }), TRUSTED);
  const owner = await world.ensure(mira(), TRUSTED);

  assert.equal(codeOf(twin), 'provisioning.mail_taken');
  assert.equal(codeOf(owner), 'ready');
  assert.equal(world.customers('mira@halden.example').length, 1);
});

function signInOf(person: ReturnType<typeof mira>): Parameters<World['provisioning']['ensureAccount']>[0] {
  return {
    ...{ person, target: 'bc-emea', thread: newId('lgn'), trustedMailDomains: [] },
    accesses: [{ relyingParty: 'store-emea', role: 'merchandiser' }],
  };
}

const CANDIDATE = { externalId: '7', image: {}, refs: {} };
const QUESTION: ExistingAccountQuestion = {
  candidates: [CANDIDATE],
  marker: 'ours',
  linkedElsewhere: new Set(),
  mail: 'a@halden.example',
  trustedMailDomains: ['halden.example'],
  onExisting: 'adopt',
  approved: undefined,
};

test('only our own marker makes an account ours', () => {
  const other = chooseExistingAccount({
    ...QUESTION,
    onExisting: 'refuse',
    candidates: [{ ...CANDIDATE, marker: 'theirs' }],
  });
  const ours = chooseExistingAccount({
    ...QUESTION,
    onExisting: 'refuse',
    candidates: [CANDIDATE, { ...CANDIDATE, externalId: '8', marker: 'ours' }],
  });

  assert.equal(other.verdict, 'refuse');
  assert.equal(ours.verdict === 'ours' && ours.account.externalId, '8');
});

test('an account that carries the id of another person is not taken by mail without an approval', () => {
  const question = { ...QUESTION, candidates: [{ ...CANDIDATE, theirs: true }] };
  const waits = chooseExistingAccount(question);

  assert.equal(waits.verdict === 'refuse' && waits.code, 'provisioning.needs_approval');
  assert.equal(chooseExistingAccount({ ...question, approved: '7' }).verdict, 'adopt');
  assert.equal(chooseExistingAccount({ ...question, onExisting: 'refuse', approved: '7' }).verdict, 'refuse');
});

test('an approval counts for the approved account only', () => {
  const onExisting = 'admin-approve';

  assert.equal(chooseExistingAccount({ ...QUESTION, onExisting, approved: '7' }).verdict, 'adopt');
  assert.equal(chooseExistingAccount({ ...QUESTION, onExisting, approved: '8' }).verdict, 'refuse');
});
