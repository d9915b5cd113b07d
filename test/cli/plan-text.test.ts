import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizePlan } from '../../src/cli/plan-text.ts';

test('the sums of a plan stand in one order, whoever was planned for first', () => {
  const counts = [
    ['nothing', 40],
    ['refused', 1],
    ['end', 3],
    ['absent', 7],
    ['create', 8],
  ] as const;

  assert.equal(summarizePlan(new Map(counts)), '8 create, 3 end, 1 refused, 40 unchanged');
  assert.equal(summarizePlan(new Map(counts.toReversed())), summarizePlan(new Map(counts)));
  assert.equal(summarizePlan(new Map()), '0 unchanged');
});
