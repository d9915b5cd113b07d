import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
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
  return {
    target: world.target,
    person: world.person,
    accesses: LEAD,
    fewerAccesses: SUPPORT,
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
