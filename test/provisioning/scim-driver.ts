import assert from 'node:assert/strict';
import type { Person } from '../../src/model/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type {
  Access,
  OpenTarget,
  ReadAccount,
  WriteAnswer,
} from '../../src/provisioning/connector/connector.ts';
import { diff, planSteps, valuesOf } from '../../src/provisioning/planning/plan.ts';
import { budget } from './scim-world.ts';

/** What the engine does with a connector, without its records. */

export function desiredImage(target: OpenTarget, person: Person, accesses: readonly Access[]): AccountImage {
  const answer = target.desire(person, accesses);
  assert.ok(answer.outcome === 'desired');
  return answer.image;
}

export function creationImage(target: OpenTarget, image: AccountImage): AccountImage {
  return Object.fromEntries(
    Object.entries(image).filter(([name]) => target.fields[name]?.atCreation === true),
  );
}

export function written(answer: WriteAnswer): ReadAccount {
  assert.ok(answer.outcome === 'written', JSON.stringify(answer));
  return answer.account;
}

export async function readAccount(target: OpenTarget, id: string, image: AccountImage): Promise<ReadAccount> {
  const answer = await target.findById(id, image, {}, budget());
  assert.ok(answer.outcome === 'read', JSON.stringify(answer));
  return answer.accounts[0] ?? assert.fail('the account is not there');
}

/** Reads, plans, applies, and plans again: nothing is left. */
export async function settle(target: OpenTarget, id: string, image: AccountImage): Promise<void> {
  const account = await readAccount(target, id, image);
  let current = account.image;
  for (const step of planSteps(target, diff(target, account.image, image))) {
    const changes = valuesOf(step);
    const request = { externalId: id, call: step.call, changes, current, desired: image };
    written(
      await target.update({ ...request, marker: 'unused', refs: account.refs, takeOver: false }, budget()),
    );
    current = { ...current, ...changes };
  }
  assert.deepEqual(diff(target, (await readAccount(target, id, image)).image, image), []);
}

/** @returns the id of the new account. */
export async function makeAccount(
  target: OpenTarget,
  person: Person,
  accesses: readonly Access[],
): Promise<string> {
  const image = desiredImage(target, person, accesses);
  const made = written(await target.create(creationImage(target, image), 'unused', budget()));
  await settle(target, made.externalId, image);
  return made.externalId;
}
