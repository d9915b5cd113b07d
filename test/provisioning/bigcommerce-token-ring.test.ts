import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/base/index.ts';
import { TokenRing } from '../../src/provisioning/bigcommerce/token-ring.ts';

// R5.1: credentials are lists, and any of them may be taken back while requests are under way.

type Answer = { readonly by: string; readonly isRevoked: boolean };
const isRevoked = (answer: Answer): boolean => answer.isRevoked;

/** An API that accepts these tokens, and answers only when it is told to. */
function startApi(accepted: Set<string>) {
  const waiting: (() => void)[] = [];
  const asked: string[] = [];
  return {
    asked,
    exchange: async (token: Secret): Promise<Answer> => {
      const by = token.reveal();
      asked.push(by);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      return { by, isRevoked: !accepted.has(by) };
    },
    /** Everything that was asked by now, one after the other. */
    async answer(): Promise<void> {
      for (const each of waiting.splice(0)) {
        each();
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
      }
    },
  };
}

const tokens = (...texts: readonly string[]): readonly Secret[] => texts.map((text) => new Secret(text));

test('requests that meet a revoked token at the same time all go on with the next', async () => {
  const ring = new TokenRing(tokens('new', 'old'));
  const api = startApi(new Set(['old']));
  const requests = [1, 2, 3].map(() => ring.send(api.exchange, isRevoked));

  await api.answer();
  await api.answer();
  const answers = await Promise.all(requests);

  assert.deepEqual(
    answers.map(({ by, isRevoked }) => [by, isRevoked]),
    [1, 2, 3].map(() => ['old', false]),
  );
});

test('the one that worked is asked first from then on, and the newest again when none works', async () => {
  const ring = new TokenRing(tokens('new', 'old'));
  const accepted = new Set(['old']);
  const api = startApi(accepted);
  const ask = async () => {
    const request = ring.send(api.exchange, isRevoked);
    await api.answer();
    await api.answer();
    return request;
  };

  await ask();
  await ask();
  accepted.clear();
  const refused = await ask();
  accepted.add('new');
  const again = await ask();

  assert.deepEqual(api.asked, ['new', 'old', 'old', 'old', 'new', 'new']);
  assert.equal(refused.isRevoked, true);
  assert.equal(again.isRevoked, false);
});
