import type { WriteAnswer } from '../../connector/connector.ts';
import { recordFailure, theirWords } from './failures.ts';
import type { ApiError } from './schema.ts';

/** Part of Salesforce’s sentence → where an administrator finds it and what to do. */
const BLOCKERS: readonly (readonly [RegExp, string])[] = [
  [
    /default owner of cases|automated case (owner|user)/i,
    'the user is the default owner or automated user of cases; choose another in Setup, Support Settings',
  ],
  [
    /default workflow user/i,
    'the user is the default workflow user; choose another in Setup, Process Automation Settings',
  ],
  [
    /assignment rule|auto-?response rule|escalation rule/i,
    'an assignment, auto-response or escalation rule names the user; change the rule in Setup',
  ],
  [
    /web-?to-?lead|default (lead )?creator/i,
    'the user is the default creator of web-to-lead; choose another in Setup, Web-to-Lead',
  ],
  [
    /default lead owner|lead process/i,
    'the user is the default owner of leads; choose another in Lead Settings',
  ],
  [
    /delegated approver|approver|approval/i,
    'an approval process names the user; name somebody else in Setup, Approval Processes',
  ],
  [
    /workflow|email alert|e-mail alert|recipient|task assign/i,
    'a workflow rule, task or e-mail alert names the user; change it in Setup',
  ],
  [/hierarchy/i, 'another user names this one in a hierarchy field; empty or change that field'],
  [/portal administrator/i, 'the user administers a customer portal; choose another administrator'],
];
const REFUSED = new Set([
  'FIELD_INTEGRITY_EXCEPTION',
  'DEPENDENCY_EXISTS',
  'UNKNOWN_EXCEPTION',
  'INVALID_OPERATION',
]);

/**
 * Why a user could not be deactivated, with what to do; Salesforce’s own words stay beside it. The user stays frozen
 * meanwhile, so nobody can sign in. Several reasons may come in one sentence or one at a time.
 */
export function deactivationFailure(error: ApiError): Exclude<WriteAnswer, { outcome: 'written' }> {
  const isRefusal = REFUSED.has(error.errorCode) && /deactivate|owner|user/i.test(error.message);
  if (!isRefusal) return recordFailure(error);
  const sentences = error.message.split(/(?<=[.!])\s+/);
  const known = sentences.flatMap(
    (sentence) => BLOCKERS.find(([pattern]) => pattern.test(sentence))?.[1] ?? [],
  );
  return { outcome: 'blocked', reasons: [...new Set(known), theirWords(error)] };
}
