import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { randomText } from '../../src/base/index.ts';
import type { CallFailed } from '../../src/provisioning/connector/connector.ts';
import { diff, planSteps } from '../../src/provisioning/planning/plan.ts';
import type { CallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { atCreation, budget, drive } from './connector-driver.ts';
import type { ConnectorWorld, TargetFault } from './connector-world.ts';

/** What a call says under each fault, and whether a write may have happened all the same. */
const EXPECTED: readonly (readonly [TargetFault, string, boolean])[] = [
  ['lost-reply', 'provisioning.target_unreachable', true],
  ['refuse-connection', 'provisioning.target_unreachable', true],
  ['server-error', 'provisioning.target_error', true],
  ['html-error', 'provisioning.maintenance', true],
  ['rate-limited', 'provisioning.rate_limited', false],
  ['rate-limited-without-headers', 'provisioning.rate_limited', false],
  ['revoked-token', 'provisioning.token_revoked', false],
  ['never-answers', 'provisioning.slow', true],
];
const IMPATIENT_MS = 400;
/** Most of the time is waiting for what never comes. */
const AT_ONCE = 8;
/** Longer than any limit that the faults name. */
const LIMIT_IS_OVER_MS = 120_000;

/** Each test has a world of its own: what a target learned about limits must not reach the next one. */
export function faultContract(start: () => Promise<ConnectorWorld>): void {
  suite('under faults', { concurrency: AT_ONCE }, () => {
    for (const expected of EXPECTED) oneFault(start, ...expected);
  });
}

function oneFault(
  start: () => Promise<ConnectorWorld>,
  fault: TargetFault,
  code: string,
  maybeApplied: boolean,
): void {
  const patience = (): CallBudget => (fault === 'never-answers' ? budget(IMPATIENT_MS) : budget());

  test(`a creation under "${fault}" says ${code}, and whether it may have happened`, async () => {
    await using world = await start();
    const { target } = world;
    const image = drive(target).desire(world.person(), world.accesses);
    world.fail(fault);

    const result = await target.create(atCreation(target, image), randomText(), patience());

    assert.ok(result.outcome === 'unavailable', JSON.stringify(result));
    assert.deepEqual([result.code, result.maybeApplied], [code, maybeApplied]);
    assertWait(result);
  });

  test(`an update under "${fault}" says ${code}; done again, it is as it should be`, async () => {
    await using world = await start();
    const { target } = world;
    const driver = drive(target);
    const person = world.person();
    const { account } = await driver.settled(person, world.accesses);
    const fewer = driver.desire(person, world.fewerAccesses);
    const current = await driver.read(account, fewer);
    const [step] = planSteps(target, diff(target, current.image, fewer));
    assert.ok(step);
    world.fail(fault);

    const result = await driver.send(current, fewer, step, { budget: patience() });

    assert.ok(result.outcome === 'unavailable', JSON.stringify(result));
    assert.equal(result.code, code);
    // A connector that looks before it writes may know for certain that nothing happened.
    if (!maybeApplied) assert.equal(result.maybeApplied, false);
    assertWait(result);
    world.fail(undefined);
    if (result.code === 'provisioning.rate_limited') {
      if (!world.pass) return;
      world.pass(LIMIT_IS_OVER_MS);
    }
    const again = await driver.apply(account, fewer);
    assert.deepEqual(await driver.plan(again, fewer), []);
  });

  test(`a look under "${fault}" says ${code} and changes nothing`, async () => {
    await using world = await start();
    const { target } = world;
    const { account, image } = await drive(target).settled(world.person(), world.accesses);
    world.fail(fault);

    const { externalId, refs } = account;
    const result = await target.findById(externalId, image, refs, patience());

    assert.ok(result.outcome === 'unavailable', JSON.stringify(result));
    assert.deepEqual([result.code, result.maybeApplied], [code, false]);
  });
}

function assertWait({ code, retryAfterSeconds = 0 }: CallFailed): void {
  if (code === 'provisioning.rate_limited') assert.ok(retryAfterSeconds > 0, 'says when to come back');
}
