import assert from 'node:assert/strict';
import { randomText } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { type AccountImage, type Given, sameValue } from '../../src/provisioning/connector/account-image.ts';
import type {
  Access,
  OpenTarget,
  ReadAccount,
  WriteAnswer,
} from '../../src/provisioning/connector/connector.ts';
import {
  type Change,
  type DiffOptions,
  diff,
  members,
  type PlannedStep,
  planSteps,
  valuesOf,
} from '../../src/provisioning/planning/plan.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';

/** Uses a target the way the engine does: read, compare, send step by step, read back. */
export type Driver = {
  desire(person: Person, accesses: readonly Access[]): AccountImage;
  create(image: AccountImage, marker?: string): Promise<ReadAccount>;
  read(account: Pick<ReadAccount, 'externalId' | 'refs'>, image: AccountImage): Promise<ReadAccount>;
  /** What would have to be done now. */
  plan(
    account: Pick<ReadAccount, 'externalId' | 'refs'>,
    image: AccountImage,
    options?: DiffOptions,
  ): Promise<readonly Change[]>;
  /** Reads, plans and sends. @returns the account with what its answers told. */
  apply(
    account: Pick<ReadAccount, 'externalId' | 'refs'>,
    image: AccountImage,
    options?: DiffOptions & { readonly takeOver?: boolean },
  ): Promise<ReadAccount>;
  /** One request of a plan. */
  send(
    account: ReadAccount,
    image: AccountImage,
    step: PlannedStep,
    options?: { readonly takeOver?: boolean; readonly budget?: CallBudget },
  ): Promise<WriteAnswer>;
  /** A created account that is as its roles want it. */
  settled(
    person: Person,
    accesses: readonly Access[],
  ): Promise<{ account: ReadAccount; image: AccountImage }>;
};

export const budget = (ms = 5_000): CallBudget => createCallBudget('background', ms);

export function drive(target: OpenTarget): Driver {
  const driver: Driver = {
    desire(person, accesses) {
      const answer = target.desire(person, accesses);
      assert.ok(answer.outcome === 'desired', JSON.stringify(answer));
      return answer.image;
    },
    async create(image, marker = randomText()) {
      return written(await target.create(atCreation(target, image), marker, budget()));
    },
    async read({ externalId, refs }, image) {
      const answer = await target.findById(externalId, image, refs, budget());
      assert.ok(answer.outcome === 'read', JSON.stringify(answer));
      return answer.accounts[0] ?? assert.fail('the account is not there');
    },
    async plan(account, image, options = {}) {
      const current = await driver.read(account, image);
      return sendable(diff(target, current.image, image, options));
    },
    async apply(account, image, { takeOver = false, ...options } = {}) {
      let current = await driver.read(account, image);
      for (const step of planSteps(target, sendable(diff(target, current.image, image, options)))) {
        const answer = written(await driver.send(current, image, step, { takeOver }));
        for (const { field, to } of step.changes) assertShown(target, answer.image, field, to);
        current = {
          ...current,
          image: { ...current.image, ...valuesOf(step), ...answer.image },
          refs: { ...current.refs, ...answer.refs },
        };
      }
      return current;
    },
    send(account, image, step, { takeOver = false, budget: own = budget() } = {}) {
      const { externalId, refs } = account;
      return target.update(
        {
          ...{ externalId, call: step.call, changes: valuesOf(step), desired: image, refs },
          ...{ current: account.image, marker: account.marker ?? 'unused', takeOver },
        },
        own,
      );
    },
    async settled(person, accesses) {
      const image = driver.desire(person, accesses);
      const account = await driver.apply(await driver.create(image), image);
      assert.deepEqual(await driver.plan(account, image), []);
      return { account, image };
    },
  };
  return driver;
}

export function written(answer: WriteAnswer): ReadAccount {
  assert.ok(answer.outcome === 'written', JSON.stringify(answer));
  return answer.account;
}

export function atCreation(target: OpenTarget, image: AccountImage): AccountImage {
  return Object.fromEntries(
    Object.entries(image).filter(([name]) => target.fields[name]?.atCreation === true),
  );
}

/** What the engine keeps of the members that it gave. */
export function givenIn(target: OpenTarget, image: AccountImage): Given {
  const sets = Object.entries(image).filter(([name]) => target.fields[name]?.members === 'given');
  return Object.fromEntries(sets.map(([name, value]) => [name, [...members(value)]]));
}

/** Nobody can send the others. */
function sendable(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ effect }) => effect !== 'by-hand');
}

/** The target's answer shows what was sent, or does not mention it. */
function assertShown(target: OpenTarget, image: AccountImage, name: string, to: Change['to']): void {
  const field = target.fields[name];
  if (!field || !(name in image)) return;
  assert.ok(sameValue(field, image[name], to), `${name} is read back as it was sent`);
}
