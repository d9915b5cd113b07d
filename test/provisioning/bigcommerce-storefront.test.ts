import { newId } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { OpenTarget } from '../../src/provisioning/connector/connector.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
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

/** Every rung, every kind of field. */
const COMPLETE = {
  createGroups: true,
  formFields: { 'Employee number': 'login', Interests: 'attributes.interests' },
  ladder: { parking: { channelId: 9 }, group: { name: 'No access', after: '1d' }, delete: { after: '30d' } },
};

async function startStore(
  positions: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ConnectorWorld> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const store = sandbox.system('bigcommerce');
  store.turn({ quota: 100_000, ...positions });
  const open = async (own: Readonly<Record<string, unknown>> = {}): Promise<OpenTarget> => {
    const config = targetConfig(sandbox.url('api.bigcommerce'), {
      settings: { ...COMPLETE, ...settings, ...own },
    });
    const target = connectors.get(config.kind)?.open(config.settings, {
      ...{ id: config.id, http, clock, log: silentLog },
      relyingParties: config.relyingParties,
    });
    if (!target) throw new Error('the connector is not registered');
    await target.prepare(createCallBudget('background', 10_000));
    return target;
  };
  const act = (action: string, body: object): unknown =>
    store.actions?.[action]?.run({ store: 'store-emea', ...body });
  const edit = (id: string, change: object): void => void act('edit-customer', { id: Number(id), change });
  let count = 0;
  return {
    target: await open(),
    person: (change) => {
      count += 1;
      const mail = `person-${count}@halden.example`;
      const attributes = { region: 'EMEA', interests: ['Workshop', 'Kitchen'] };
      return mira({ id: newId('per'), mail, attributes, company: 'Halden', ...change });
    },
    accesses: [
      { relyingParty: 'store-emea', role: 'merchandiser' },
      { relyingParty: 'store-trade', role: 'merchandiser' },
    ],
    fewerAccesses: [{ relyingParty: 'store-emea', role: 'content-editor' }],
    fail: (fault) => store.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: (id) => act('delete-customer', { id: Number(id) }),
    requestsPerOperation: 1,
    pass: (ms) => clock.advance(ms),
    makeByHand: (email) =>
      String(
        (act('sign-up', { email, channel: 2, password: 'Shopper-2019-x' }) as { readonly id: number }).id,
      ),
    changeByHand: (id) =>
      edit(id, {
        ...{ customer_group_id: 1, channel_ids: null, last_name: 'Someone' },
        form_fields: [{ name: 'Interests', value: ['Textiles'] }],
      }),
    detail: {
      field: 'company',
      change: (id) => edit(id, { company: 'Elsewhere Ltd' }),
      clear: (id) => edit(id, { company: '' }),
      withAuthority: (authority) => open({ authority: { company: authority } }),
    },
    crowd: () => void act('add-customers', { count: 600, pairs: 5 }),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** What BigCommerce's documents leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ duplicateRule: 'same-channels', groupOfNewCustomer: 'default-group', readOnlyFields: 'refused' },
  ...{ attributeTypes: 'checked', addressValidation: 'lenient', batchOnDuplicate: 'keeps-earlier' },
  ...{ rateLimitHeaders: 'lower', retryAfter: 'omitted', concurrencyAnswer: '409' },
  ...{ passwordRule: 'strict', formFieldTypes: 'checked', requiredFormFields: 'enforced' },
  ...{ formFieldsInWrite: 'replaced', attributeValuesLimit: 'customers', allowGlobalLoginsPlace: 'nested' },
  ...{ ordersAfterDelete: 'become-guest', cursorOfDeleted: 'refused', groupDeletion: 'moves-to-default' },
};

connectorContract('bigcommerce-storefront', () => startStore({}));
connectorContract('bigcommerce-storefront, assumptions turned', () => startStore(OTHER_POSITIONS));
connectorContract('bigcommerce-storefront where a reset keeps people out', () =>
  startStore({ tokenLoginDuringReset: 'blocked' }, { liftPasswordReset: true, b2bEdition: true }),
);
