import { suite } from 'node:test';
import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { EDITOR, READER, type ScimWorldOptions, startScimTarget } from './scim-world.ts';

const FAULTS: Readonly<Record<TargetFault, FaultInput>> = {
  'lost-reply': { kind: 'lost-reply' },
  'refuse-connection': { kind: 'refuse-connection' },
  'server-error': { kind: 'status', status: 500 },
  'html-error': { kind: 'html-503' },
  'rate-limited': { kind: 'rate-limited', headers: true, resetMs: 4_000 },
  'rate-limited-without-headers': { kind: 'rate-limited', headers: false },
  'revoked-token': { kind: 'revoked-token' },
  'never-answers': { kind: 'hold' },
};

async function startWiki(options: ScimWorldOptions): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const sandbox = await startSandbox({ port: 0, clock, only: ['wiki'] });
  const world = await startScimTarget({ ...options, clock, sandbox });
  const { target, wiki } = world;
  // Where empty lists are left out, somebody must be in a group before its list is written.
  if (options.positions?.['scimEmptyMembers'] === 'omitted') {
    world.act('set-members', { group: 'Readers', members: ['archive@halden.example'] });
  }
  return {
    target,
    person: world.person,
    accesses: EDITOR,
    fewerAccesses: READER,
    fail: (fault) => wiki.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: (id) => world.act('remove-account', { userName: world.user(id)?.userName }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Each stands for servers that differ from the plain way of the RFC in one respect, or in several that fit together. */
const OTHERS: readonly (readonly [string, ScimWorldOptions['positions'], Record<string, unknown>?])[] = [
  ['without PATCH (501)', { scimPatch: 'answers-501' }],
  ['without PATCH (405), ETags absent', { scimPatch: 'answers-405', scimEtags: 'absent' }],
  ['a PATCH answers nothing, operations in lower case', { scimPatchAnswer: '204', scimPatchOp: 'lower' }],
  ['operations capitalised, active as text', { scimPatchOp: 'capitalised', scimActiveInPatch: 'text' }],
  ['members by replacement', { scimMembersPatch: 'replace-only', scimEmptyMembers: 'omitted' }],
  [
    'members by replacement, operations capitalised',
    { scimMembersPatch: 'replace-only', scimPatchOp: 'capitalised' },
  ],
  ['filters by userName alone, small pages', { scimFilters: 'userName-eq', scimPageCap: 2 }],
  ['user names in lower case, duplicates as 400', { scimUserNames: 'lowered', scimDuplicate: '400' }],
  [
    'strict about attributes and media types',
    { scimUnknownAttributes: 'refused', scimMediaType: 'scim+json', scimDuplicate: '409-bare' },
  ],
];
// Every world has a sandbox of its own, and most of the time is waiting for servers that say nothing.
suite('scim', { concurrency: 4 }, () => {
  connectorContract('scim', () => startWiki({}));
  for (const [name, positions, settings] of OTHERS) {
    connectorContract(`scim, ${name}`, () =>
      startWiki({ ...(positions && { positions }), ...(settings && { settings }) }),
    );
  }
});
