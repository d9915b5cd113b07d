import { newId } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createCallBudget } from '../../src/provisioning/call-budget.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { type FaultInput, startSandbox } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { mira, targetConfig } from './world.ts';

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

async function startStore(positions: Readonly<Record<string, unknown>>): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const store = sandbox.system('bigcommerce');
  store.turn({ quota: 100_000, ...positions });
  const config = targetConfig(sandbox.url('api.bigcommerce'));
  const target = connectors.get(config.kind)?.open(config.settings, {
    ...{ id: config.id, http, clock, log: silentLog },
    relyingParties: config.relyingParties,
  });
  if (!target) throw new Error('the connector is not registered');
  await target.prepare(createCallBudget('background', 10_000));
  let count = 0;
  return {
    target,
    person: (change) => {
      count += 1;
      return mira({ id: newId('per'), mail: `person-${count}@halden.example`, ...change });
    },
    accesses: [
      { relyingParty: 'store-emea', role: 'merchandiser' },
      { relyingParty: 'store-trade', role: 'merchandiser' },
    ],
    fewerAccesses: [{ relyingParty: 'store-emea', role: 'content-editor' }],
    fail: (fault) => store.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: (id) => store.actions?.['delete-customer']?.run({ store: 'store-emea', id: Number(id) }),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** What BigCommerce's documents leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ duplicateRule: 'same-channels', groupOfNewCustomer: 'default-group', readOnlyFields: 'refused' },
  ...{ attributeTypes: 'checked', addressValidation: 'lenient', batchOnDuplicate: 'keeps-earlier' },
  ...{ rateLimitHeaders: 'lower', retryAfter: 'omitted', concurrencyAnswer: '409' },
};

connectorContract('bigcommerce-storefront', () => startStore({}));
connectorContract('bigcommerce-storefront, assumptions turned', () => startStore(OTHER_POSITIONS));
