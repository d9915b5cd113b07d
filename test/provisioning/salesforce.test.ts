import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { byHand, makeUser } from './salesforce-by-hand.ts';
import { LEAD, type Options, openWorld, SUPPORT } from './salesforce-world.ts';

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

async function startOrganization(options: Options): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  await using started = new AsyncDisposableStack();
  started.use(sandbox);
  const world = await openWorld(sandbox, clock, options);
  started.move();
  const enoughSeats = () => world.act('set-seats', { license: 'SalesConsoleUser', total: 1_000 });
  await enoughSeats();
  const change = async (id: string, fields: Readonly<Record<string, unknown>>): Promise<void> => {
    await world.act('write-record', { object: 'User', id, fields });
  };
  return {
    target: world.target,
    person: world.person,
    accesses: LEAD,
    fewerAccesses: SUPPORT,
    makeByHand: (mail) => makeUser(world, { Username: `by-hand-${mail}`, Email: mail }),
    changeByHand: (id) =>
      change(id, { ProfileId: '00eHa000000ZMinIAG', LastName: 'By Hand', UserRoleId: null }),
    addMemberByHand: async (id) => {
      await byHand(world, id, 'Halden_Sales_Tools');
      return { field: 'permissionSets', member: 'Halden_Sales_Tools' };
    },
    detail: {
      field: 'fields.Title',
      change: (id) => change(id, { Title: 'Vice President' }),
      clear: (id) => change(id, { Title: null }),
      withAuthority: (authority) => world.open({ settings: { authority: { 'fields.Title': authority } } }),
    },
    crowd: async () => {
      world.org.turn({ ...options.positions, queryBatchSize: 5 });
    },
    pass: (ms) => world.clock.advance(ms),
    fail: (fault) => world.org.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: () => {
      world.refreshOrganization();
      void enoughSeats();
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** What the documents leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ myDomainAudience: 'refused', federationIdUpsert: 'refused', upsertUpdateStatus: '200' },
  ...{ externalIdCase: 'as-federation-id', federationIdCase: 'sensitive', duplicateCode: 'DUPLICATES_VALUE' },
  ...{ duplicateGroupMember: 'same-record', missingPermissionSetLicense: 'assigned-silently' },
  ...{ assignToInactive: 'refused', licensesOfDeactivated: 'end', tokensOfDeactivated: 'end' },
  ...{ oauthTokenDelete: 'refused', limitHeader: false, queryBatchSize: 5 },
};

connectorContract('salesforce', () => startOrganization({}));
connectorContract('salesforce, assumptions turned', () => startOrganization({ positions: OTHER_POSITIONS }));
