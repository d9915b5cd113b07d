import { suite } from 'node:test';
import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { accessOf, startIconik, type WorldOptions } from './iconik-world.ts';

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

async function start(options: WorldOptions): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const running = await startSandbox({ port: 0, clock, only: ['iconik'] });
  const world = await startIconik({ ...options, sandbox: { running, clock } });
  const remove = (id: string): void => {
    const email = world.state().users.find((user) => user.id === id)?.email;
    world.act('change-user', { email, status: 'DELETED' });
  };
  return {
    ...{ target: world.target, person: world.person, remove },
    accesses: [accessOf('producer'), accessOf('editor')],
    fewerAccesses: [accessOf('editor')],
    fail: (fault) => world.iconik.fail(...(fault ? [FAULTS[fault]] : [])),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const TEAM_ROLES = {
  producer: { type: 'POWER', teams: ['Producers', 'Editors'], roleGroups: ['Producing', 'Editing'] },
  editor: { type: 'STANDARD', teams: ['Editors'], roleGroups: ['Editing'] },
};
const TEAMS = { accessModel: 'teams' } as const;
/** What the documents leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ mailComparison: 'exact', mailCase: 'lowered', duplicateMail: '409', deletedUser: 'kept' },
  ...{ patchNeeds: 'first-name-and-type', putUser: 'clears-absent', unknownFields: 'refused' },
  ...{ validationErrors: 'list', retryAfter: 'sent', perPageTooLarge: 'refused', maxPerPage: 200 },
  ...{ primaryGroup: 'pages-only', withoutSlash: '308', groupNames: 'unique' },
} as const;

// Every world has a sandbox of its own, and most of the time is waiting for a domain that says nothing.
suite('iconik', { concurrency: 4 }, () => {
  connectorContract('iconik, groups', () => start({}));
  connectorContract('iconik, groups, assumptions turned', () => start({ positions: OTHER_POSITIONS }));
  connectorContract('iconik, teams', () => start({ roles: TEAM_ROLES, positions: TEAMS }));
  connectorContract('iconik, teams named like groups', () =>
    start({ roles: TEAM_ROLES, positions: { ...TEAMS, teamFields: 'groups', teamWrites: 'user-only' } }),
  );
});
