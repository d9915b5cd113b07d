import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { type AccountFacts, classify } from '../../src/governance/classify.ts';

// One class for each account, from all that it depends on.

const NOW = new Date('2026-03-02T09:00:00Z');
const LONG_AGO = new Date('2025-03-02T09:00:00Z');

const person = newId('per');
const LINKED = { isActive: true, untouchable: false, person } as const;
const UNLINKED = { isActive: true, untouchable: false, person: undefined } as const;
const MAY_ENTER = { status: 'active', wanted: 'access' } as const;
const MAY_NOT = { status: 'active', wanted: 'end' } as const;
const DISABLED = { status: 'disabled', wanted: 'end' } as const;

function classOf(facts: Partial<AccountFacts>): string {
  const rest = { found: LINKED, standing: MAY_ENTER, isEnded: false, lastSignIn: NOW, holdsOthers: false };
  return classify({ ...rest, dormantBefore: undefined, ...facts }).class;
}

const CASES: readonly (readonly [what: string, facts: Partial<AccountFacts>, expected: string])[] = [
  ['of somebody who may enter', {}, 'ok'],
  ['of somebody who may enter and long did not', { lastSignIn: LONG_AGO, dormantBefore: NOW }, 'dormant'],
  ['of somebody who may enter and never did', { lastSignIn: undefined, dormantBefore: NOW }, 'dormant'],
  ['unused, when nobody asks for how long', { lastSignIn: undefined }, 'ok'],
  ['of somebody who may enter, closed there', { found: { ...LINKED, isActive: false } }, 'dormant'],
  ['that no rule gives', { standing: MAY_NOT }, 'excess'],
  ['that no rule gives, with the ladder begun', { standing: MAY_NOT, isEnded: true }, 'ok'],
  ['that no rule gives, closed there', { standing: MAY_NOT, found: { ...LINKED, isActive: false } }, 'ok'],
  ['of a person who is disabled', { standing: DISABLED }, 'orphan'],
  ['of a person who is disabled, ended', { standing: DISABLED, isEnded: true }, 'ok'],
  ['of a person whom the directory knows no more', { standing: undefined }, 'orphan'],
  ['that the next sign-in decides', { standing: { status: 'active', wanted: 'undecided' } }, 'ok'],
  ['of nobody, where all are ours', { found: UNLINKED, standing: undefined }, 'orphan'],
  [
    'of nobody, where all are ours, closed',
    { found: { ...UNLINKED, isActive: false }, standing: undefined },
    'ok',
  ],
  ['of nobody, where shoppers are', { found: UNLINKED, standing: undefined, holdsOthers: true }, 'unclaimed'],
  ['with the mail of somebody who may enter', { found: UNLINKED }, 'unclaimed'],
  ['with the mail of somebody who may not', { found: UNLINKED, standing: MAY_NOT }, 'excess'],
  ['with the mail of a disabled person', { found: UNLINKED, standing: DISABLED }, 'orphan'],
  [
    'with the mail of staff, where shoppers are',
    { found: UNLINKED, standing: MAY_NOT, holdsOthers: true },
    'unclaimed',
  ],
  [
    'of the owner of the target',
    { found: { ...LINKED, untouchable: true }, standing: undefined },
    'untouchable',
  ],
];

for (const [what, facts, expected] of CASES) {
  test(`an account ${what} is ${expected}`, () => {
    assert.equal(classOf(facts), expected);
  });
}
