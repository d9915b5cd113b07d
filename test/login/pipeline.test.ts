import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { NewAccessEvent } from '../../src/access-log/index.ts';
import { addMs, HOUR, newId, Unavailable } from '../../src/base/index.ts';
import type { LoginDeps } from '../../src/login/deps.ts';
import { runPipeline } from '../../src/login/pipeline.ts';
import type { Decision, Identity, Person } from '../../src/model/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createRegistry } from '../../src/relying-parties/index.ts';
import type { Session } from '../../src/session/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

// DESIGN §1: decision before artefact, reductions first, every exit recorded before the answer leaves.

const ALLOW: Decision = {
  outcome: 'allow',
  entitlement: { relyingParty: 'store', roles: [{ id: 'reader', because: ['rule r'] }], scopes: [] },
  facts: [],
};
const REASON = { kind: 'rule', about: 'rule r', effect: 'closes', text: 'Not for you.' } as const;
const DENY: Decision = { outcome: 'deny', code: 'policy.no_rule', reason: REASON, facts: [REASON] };

/** The neighbours of the pipeline, each writing down that it was asked; a test replaces single answers. */
function openRoom(answers: {
  readonly decision?: Decision;
  readonly apply?: (again: () => Promise<unknown>) => Promise<unknown>;
  /** What became of session and person on the way. */
  readonly meanwhile?: { readonly isOver?: boolean; readonly status?: Person['status'] };
  readonly append?: (event: NewAccessEvent) => void;
  readonly status?: Person['status'];
}) {
  const clock = new ManualClock();
  const steps: string[] = [];
  const events: NewAccessEvent[] = [];
  const person: Person = { id: newId('per'), status: answers.status ?? 'active', groups: [], attributes: {} };
  const session = {
    ...{ id: newId('ses'), personId: person.id, connection: 'otds', amr: [], openedAt: clock.now() },
    ...{ ends: addMs(clock.now(), HOUR), authTime: clock.now(), confirmedAt: clock.now() },
  } as unknown as Session;
  const note = <T>(step: string, value: T): T => {
    steps.push(step);
    return value;
  };
  const deps = {
    ...{ clock, log: silentLog },
    keyValue: { increment: async () => 1 },
    registry: createRegistry({
      relyingParties: [
        {
          ...{ id: 'store', kind: 'shop', title: 'The store', description: '', target: 'bc' },
          ...{
            enabled: true,
            hidden: false,
            roles: [{ id: 'reader', title: 'Reader' }],
            scopes: [],
            access: {},
          },
        },
      ],
      targets: [],
    }),
    directory: {
      signIn: async () =>
        note('identify', { outcome: 'person', person, identityId: newId('idn'), created: false }),
      personBehind: async () => ({ person: { ...person, status: answers.meanwhile?.status ?? 'active' } }),
    },
    logout: { watchLimit: async () => undefined },
    sessions: {
      find: async () => undefined,
      byId: async () => (answers.meanwhile?.isOver ? undefined : session),
      open: async () => note('open session', { session, token: 'token' }),
      enter: async () => note('enter', true),
      end: async () => note('end session', undefined),
    },
    reconcile: {
      decide: () => note('decide', answers.decision ?? ALLOW),
      apply: (...args: unknown[]) => {
        steps.push('apply');
        return (
          answers.apply?.(args[4] as () => Promise<unknown>) ??
          Promise.resolve({ outcome: 'no-account-needed' })
        );
      },
    },
    issuerOf: () => ({
      accepts: () => true,
      issue: async () =>
        note('issue', {
          ...{ artefact: 'login jwt', artefactId: 'jti-1', expires: addMs(clock.now(), 60_000) },
          answer: {
            ...{ kind: 'redirect', carriesCredential: true },
            location: new URL('https://store.example/login/token/x'),
          },
        }),
    }),
    settings: { sessionLifetimeMs: HOUR, claimsMaxAgeMs: () => HOUR, entriesPerMinute: 100 },
    accessLog: {
      append: async (event: NewAccessEvent) => {
        answers.append?.(event);
        events.push(event);
        steps.push(`record ${event.type}`);
      },
    },
  } as unknown as LoginDeps;
  const login = {
    id: newId('lgn'),
    destination: { relyingParty: 'store' },
    address: '192.0.2.1',
    userAgent: '',
  };
  const identity: Identity = {
    ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', groups: [], attributes: {} },
    ...{ authTime: clock.now(), verifiedAt: clock.now(), amr: [], upstreamSession: {} },
  };
  return {
    ...{ steps, events, login },
    run: () => runPipeline({ stage: 'identity', login, identity, events: [], formerToken: undefined }, deps),
  };
}

test('a sign-in decides, prepares the account, issues and records, in this order', async () => {
  const room = openRoom({});

  const state = await room.run();

  assert.deepEqual(room.steps, [
    ...['identify', 'open session', 'decide', 'apply', 'issue', 'enter'],
    ...['record login.identified', 'record session.opened', 'record decision.allowed', 'record login.issued'],
  ]);
  assert.equal(state.exit.kind, 'redirect');
  assert.ok(room.events.every(({ thread }) => thread === room.login.id));
});

test('whom policy refuses gets no account and no artefact', async () => {
  const room = openRoom({ decision: DENY });

  const { exit } = await room.run();

  assert.ok(!room.steps.includes('apply') && !room.steps.includes('issue'));
  assert.ok(exit.kind === 'refused' && exit.status === 403 && exit.reason === 'Not for you.');
  assert.ok(room.steps.includes('record decision.denied'));
});

test('somebody who was switched off gets no session', async () => {
  const room = openRoom({ status: 'disabled' });

  const { exit, opened } = await room.run();

  assert.deepEqual(
    room.steps.filter((step) => !step.startsWith('record')),
    ['identify'],
  );
  assert.ok(exit.kind === 'refused' && exit.code === 'policy.person_disabled');
  assert.equal(opened, undefined);
});

suite('an account that is not as it must be', () => {
  for (const [outcome, status, type] of [
    [{ outcome: 'refused', code: 'provisioning.refused', publicMessage: 'No.' }, 403, 'login.refused'],
    [{ outcome: 'unavailable', code: 'provisioning.slow', retryAfterSeconds: 7 }, 503, 'login.failed'],
  ] as const) {
    test(`nothing is issued when it is ${outcome.outcome}, and the exit is recorded`, async () => {
      const room = openRoom({ apply: async () => outcome });

      const { exit } = await room.run();

      assert.ok(!room.steps.includes('issue'));
      assert.ok(exit.kind === 'refused' && exit.status === status && exit.code === outcome.code);
      assert.equal(room.events.at(-1)?.type, type);
    });
  }
});

suite('before an account is made, session and person are asked for once more', () => {
  for (const [what, meanwhile, isKnown] of [
    ['and are as they were', {}, true],
    ['and the session was ended', { isOver: true }, false],
    ['and the person was switched off', { status: 'disabled' }, false],
  ] as const) {
    test(what, async () => {
      let known: unknown;
      const room = openRoom({
        meanwhile,
        apply: async (again) => {
          known = await again();
          return { outcome: 'no-account-needed' };
        },
      });

      await room.run();

      assert.equal(known !== undefined, isKnown);
    });
  }
});

test('a fault is recorded as the exit, and the session that nobody will use is over again', async () => {
  const away = new Unavailable({ code: 'provisioning.away', publicMessage: 'Away.', system: 'bc' });
  const room = openRoom({ apply: () => Promise.reject(away) });

  await assert.rejects(room.run(), away);

  const exit = room.events.at(-1);
  assert.equal(exit?.type, 'login.failed');
  assert.equal(exit?.code, 'provisioning.away');
  assert.deepEqual(exit?.facts, { stage: 'provision', system: 'bc', retryable: true });
  assert.equal(room.steps.at(-1), 'end session');
  assert.ok(!room.steps.includes('issue'));
});

test('what cannot be recorded does not happen: no answer leaves, and the session is over again', async () => {
  const room = openRoom({
    append: ({ type }) => {
      if (type === 'login.issued') throw new Error('the log is away');
    },
  });

  await assert.rejects(room.run(), /the log is away/);

  assert.equal(room.steps.at(-1), 'end session');
});
