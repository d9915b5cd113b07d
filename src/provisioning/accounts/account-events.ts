import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import type { Json } from '../../base/index.ts';
import type { AccountImage } from '../connector/account-image.ts';
import type { DetailProblem, ReadAccount } from '../connector/connector.ts';
import type { OpenStep } from '../outbox/record.ts';
import { valuesOf } from '../planning/plan.ts';
import type { Run } from '../run.ts';

export function adoptedEvent(run: Run, account: ReadAccount): NewAccessEvent {
  const approved = run.account.approved === account.externalId;
  return accessEvents.accountAdopted({
    ...about(run),
    facts: {
      account: run.account.id,
      externalId: account.externalId,
      by: approved ? 'administrator' : 'policy',
      evidence: approved
        ? 'the account that an administrator named'
        : 'the only account with this mail, at a trusted domain',
    },
  });
}

export function updatedEvents(run: Run, step: OpenStep, account: ReadAccount): readonly NewAccessEvent[] {
  if (step.changes.length === 0) return [];
  const before = Object.fromEntries(step.changes.map(({ field, from }) => [field, from ?? '']));
  return [
    accessEvents.accountUpdated({
      ...about(run),
      facts: {
        account: run.account.id,
        externalId: account.externalId,
        fields: step.changes.map(({ field }) => field),
        step: step.id,
        reduces: step.changes.some(({ effect }) => effect === 'reduces'),
      },
      personal: { before: eventValues(before), after: eventValues(valuesOf(step)) },
    }),
  ];
}

/** Somebody deleted the account by hand; it is made again, at the next entry at the latest. */
export function deletedEvent(run: Run): NewAccessEvent {
  const { id, externalId = '' } = run.account;
  const isLeft = run.budget.lane === 'background' && run.target.policy.onDrift === 'report';
  return accessEvents.accountDrifted({
    ...about(run),
    facts: { account: id, externalId, fields: ['account'], reaction: isLeft ? 'reported' : 'put-back' },
    personal: { found: { account: null }, expected: { account: externalId } },
  });
}

export function failedEvent(run: Run, code: string, step: string, attempt: number): NewAccessEvent {
  return accessEvents.provisioningFailed({ ...about(run), code, facts: { step, attempt } });
}

/** A detail of the directory's that cannot be sent as it is: which one, and what is wrong with it (S19). */
export function detailEvent(run: Run, { field, message }: DetailProblem): NewAccessEvent {
  return accessEvents.provisioningFailed({
    ...about(run),
    code: 'provisioning.detail_invalid',
    facts: { step: `${run.account.id}/${field}`, attempt: 1 },
    personal: { reason: message },
  });
}

export function about(run: Run): { thread: string; personId: Run['person']; target: string } {
  return { thread: run.thread, personId: run.person, target: run.target.id };
}

type EventValues = { readonly [field: string]: string | number | boolean | null | readonly string[] };

export function eventValues(image: AccountImage): EventValues {
  return Object.fromEntries(Object.entries(image).map(([field, value]) => [field, eventValue(value)]));
}

function eventValue(value: Json | undefined): EventValues[string] {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}
