import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { creationImage, desiredImage, makeAccount, written } from './scim-driver.ts';
import {
  budget,
  EDITOR,
  READER,
  type ScimTargetWorld,
  type ScimWorldOptions,
  startScimTarget,
} from './scim-world.ts';

/** One write, with what it needs, and what is true when it was done once or several times. */
type Write = {
  readonly begin: (world: ScimTargetWorld) => Promise<string>;
  readonly send: (world: ScimTargetWorld, id: string, ms: number) => Promise<WriteAnswer>;
  readonly state: (world: ScimTargetWorld, id: string) => unknown;
  readonly expected: unknown;
  readonly match: Pick<FaultInput, 'match'>['match'];
};

const change = (
  world: ScimTargetWorld,
  externalId: string,
  request: { call: string; changes: Record<string, unknown>; current: Record<string, unknown> },
  ms: number,
): Promise<WriteAnswer> =>
  world.target.update(
    {
      externalId,
      desired: {},
      marker: 'unused',
      refs: {},
      takeOver: false,
      ...(request as { call: string; changes: Record<string, string>; current: Record<string, string> }),
    },
    budget(ms),
  );

const asReader = (world: ScimTargetWorld): Promise<string> =>
  makeAccount(world.target, world.person(), READER);
const asEditor = (world: ScimTargetWorld): Promise<string> =>
  makeAccount(world.target, world.person(), EDITOR);

const writes = (method: 'PATCH' | 'PUT'): Readonly<Record<string, Write>> => ({
  'a detail is changed': {
    begin: asReader,
    send: (world, id, ms) =>
      change(
        world,
        id,
        {
          call: 'user',
          changes: { mail: 'new@halden.example', 'phoneNumbers.work': '', department: 'Sales' },
          current: {},
        },
        ms,
      ),
    state: (world, id) => {
      const user = world.user(id);
      return { emails: user?.['emails'], phoneNumbers: user?.['phoneNumbers'] };
    },
    expected: {
      emails: [{ value: 'new@halden.example', type: 'work', primary: true }],
      phoneNumbers: undefined,
    },
    match: { method, path: '/scim/v2/Users' },
  },
  'an account is made inactive': {
    begin: asReader,
    send: (world, id, ms) => change(world, id, { call: 'user', changes: { active: 'no' }, current: {} }, ms),
    state: (world, id) => world.user(id)?.['active'],
    expected: false,
    match: { method, path: '/scim/v2/Users' },
  },
  'a group is given': {
    begin: asReader,
    send: (world, id, ms) =>
      change(
        world,
        id,
        { call: 'groups', changes: { groups: ['Editors', 'Readers'] }, current: { groups: ['Readers'] } },
        ms,
      ),
    state: (world, id) => world.groupsOf(id),
    expected: ['Readers', 'Editors'],
    match: { method, path: '/scim/v2/Groups' },
  },
  'a group is taken away': {
    begin: asEditor,
    send: (world, id, ms) =>
      change(
        world,
        id,
        { call: 'groups', changes: { groups: ['Readers'] }, current: { groups: ['Editors', 'Readers'] } },
        ms,
      ),
    state: (world, id) => world.groupsOf(id),
    expected: ['Readers'],
    match: { method, path: '/scim/v2/Groups' },
  },
  'an account is deleted': {
    begin: asReader,
    send: async (world, externalId, ms) =>
      (await world.target.act?.({ externalId, act: 'delete', current: {}, refs: {} }, budget(ms))) ??
      assert.fail(),
    state: (world, id) => world.user(id),
    expected: undefined,
    match: { method: 'DELETE', path: '/scim/v2/Users' },
  },
});

const FAULTS: Readonly<
  Record<string, { readonly fault: FaultInput; readonly code: string; readonly maybe: boolean }>
> = {
  'the reply is lost': {
    fault: { kind: 'lost-reply' },
    code: 'provisioning.target_unreachable',
    maybe: true,
  },
  'the connection breaks': {
    fault: { kind: 'refuse-connection' },
    code: 'provisioning.target_unreachable',
    maybe: true,
  },
  'the server fails': {
    fault: { kind: 'status', status: 500 },
    code: 'provisioning.target_error',
    maybe: true,
  },
  'the server is in maintenance': {
    fault: { kind: 'html-503' },
    code: 'provisioning.maintenance',
    maybe: true,
  },
  'the limit is reached': {
    fault: { kind: 'rate-limited', headers: true, resetMs: 1_000 },
    code: 'provisioning.rate_limited',
    maybe: false,
  },
  'the limit is reached, and nobody says until when': {
    fault: { kind: 'rate-limited', headers: false },
    code: 'provisioning.rate_limited',
    maybe: false,
  },
  'the token is revoked': {
    fault: { kind: 'revoked-token' },
    code: 'provisioning.token_revoked',
    maybe: false,
  },
  'nobody answers': { fault: { kind: 'hold' }, code: 'provisioning.slow', maybe: true },
  'somebody answers after it was done, too late': {
    fault: { kind: 'hold', when: 'after' },
    code: 'provisioning.slow',
    maybe: true,
  },
  'a proxy wants a sign-in': {
    fault: { kind: 'status', status: 200, body: '<html>' },
    code: 'provisioning.bad_answer',
    maybe: true,
  },
  'the server refuses the right': {
    fault: { kind: 'status', status: 403 },
    code: 'provisioning.forbidden',
    maybe: false,
  },
};

/** One kind of write meets every fault, on a wiki of its own. */
function writeUnderFaults(
  name: string,
  write: Write,
  positions: ScimWorldOptions['positions'] & object,
): void {
  suite(name, { concurrency: 1 }, () => {
    let world: ScimTargetWorld;
    before(async () => {
      world = await startScimTarget({ positions, settings: { ladder: { delete: '1d' } } });
    });
    after(() => world[Symbol.asyncDispose]());
    beforeEach(() => world.clock.advance(60_000));

    for (const [what, { fault, code, maybe }] of Object.entries(FAULTS)) {
      test(`while ${what}: told as ${code}, and repeated to the same end`, async () => {
        const id = await write.begin(world);
        world.wiki.fail({ ...fault, ...(write.match && { match: write.match }) });

        const failed = await write.send(world, id, fault.kind === 'hold' ? 300 : 5_000);
        world.wiki.fail();
        world.clock.advance(60_000);
        const again = await write.send(world, id, 5_000);

        assert.ok(failed.outcome === 'unavailable', JSON.stringify(failed));
        assert.deepEqual([failed.code, failed.maybeApplied], [code, maybe]);
        if (failed.code === 'provisioning.rate_limited') assert.ok((failed.retryAfterSeconds ?? 0) > 0);
        // Deleted under a lost reply is gone by then.
        assert.ok(['written', 'gone'].includes(again.outcome), JSON.stringify(again));
        assert.deepEqual(write.state(world, id), write.expected);
      });
    }
  });
}

for (const [method, positions] of [
  ['PATCH', {}],
  ['PUT', { scimPatch: 'answers-501' }],
] as const) {
  suite(`every change by ${method}`, { concurrency: 5 }, () => {
    for (const [name, write] of Object.entries(writes(method))) writeUnderFaults(name, write, positions);
  });
}

suite('a creation whose reply was lost', () => {
  for (const [name, positions] of [
    ['is found by our id', {}],
    ['is found by name', { scimFilters: 'userName-eq' }],
    ['is found in the list', { scimFilters: 'none', scimPageCap: 2 }],
    [
      'is found in the list that takes no filter and says nothing',
      { scimFilters: 'ignored', scimPageCap: 2 },
    ],
  ] as const) {
    test(`${name}, and made once`, async () => {
      await using world = await startScimTarget({ positions });
      world.act('add-accounts', { count: 9 });
      const image = desiredImage(world.target, world.person(), EDITOR);
      world.wiki.fail({ kind: 'lost-reply', match: { method: 'POST' }, times: 1 });

      const lost = await world.target.create(creationImage(world.target, image), 'unused', budget());
      const found = await world.target.findCandidates(image, budget());
      const again = await world.target.create(creationImage(world.target, image), 'unused', budget());

      assert.ok(lost.outcome === 'unavailable' && lost.maybeApplied);
      assert.ok(found.outcome === 'read');
      assert.deepEqual(
        found.accounts.map(({ ours }) => ours),
        [true],
      );
      assert.equal(again.outcome, 'duplicate');
    });
  }
});

suite('fifty accounts at once', () => {
  test('in one group: everybody is a member, also where the list is written as a whole', async () => {
    for (const positions of [
      {},
      { scimMembersPatch: 'replace-only' },
      { scimPatch: 'answers-405' },
      { scimPatch: 'answers-405', scimEtags: 'absent' },
    ]) {
      await using world = await startScimTarget({ positions });
      const image = (name: string) => desiredImage(world.target, world.person({ mail: name }), READER);
      const names = Array.from({ length: 50 }, (_, index) => `many-${index}@halden.example`);
      const ids = await Promise.all(
        names.map(
          async (name) =>
            written(await world.target.create(creationImage(world.target, image(name)), 'unused', budget()))
              .externalId,
        ),
      );
      const join = (id: string) =>
        change(world, id, { call: 'groups', changes: { groups: ['Readers'] }, current: {} }, 20_000);

      let open = ids;
      for (let round = 0; open.length > 0 && round < 60; round += 1) {
        const answers = await Promise.all(open.map(join));
        open = open.filter((_id, index) => answers[index]?.outcome !== 'written');
      }

      assert.equal(
        ids.filter((id) => world.groupsOf(id).includes('Readers')).length,
        50,
        JSON.stringify(positions),
      );
    }
  });
});
