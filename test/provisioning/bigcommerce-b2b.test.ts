import type { Access } from '../../src/provisioning/connector/connector.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { type ConnectorWorld, connectorContract, type TargetFault } from '../conformance/connector.ts';
// The world of these tests is the sandbox: `startSandbox(…)` with BigCommerce alone.
import { budget, startB2b } from './b2b-world.ts';

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

type Roles = { readonly accesses: readonly Access[]; readonly fewerAccesses: readonly Access[] };

const BUYERS: Roles = {
  accesses: [
    { relyingParty: 'trade', role: 'purchasing' },
    { relyingParty: 'app', role: 'purchasing' },
  ],
  fewerAccesses: [{ relyingParty: 'trade', role: 'approver' }],
};
const MANAGERS: Roles = {
  accesses: [
    { relyingParty: 'trade', role: 'account-manager' },
    { relyingParty: 'app', role: 'account-manager' },
  ],
  fewerAccesses: [{ relyingParty: 'trade', role: 'fjord-manager' }],
};

async function startStore(
  roles: Roles,
  positions: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ConnectorWorld> {
  const world = await startB2b(positions, settings);
  const { target, store, act } = world;
  const mailOf = (id: string) =>
    world.state().customers.find((customer) => String(customer.id) === id)?.email ?? '';
  const edit = (id: string, change: object) => void act('edit-customer', { id: Number(id), change });
  return {
    ...{ target, person: world.person, ...roles },
    fail: (fault) => store.fail(...(fault ? [FAULTS[fault]] : [])),
    remove: (id) => act('delete-customer', { id: Number(id) }),
    pass: (ms) => world.clock.advance(ms),
    makeByHand: (email) => {
      const { id } = act('sign-up', { channel: 2, email }) as { id: number };
      return String(id);
    },
    changeByHand: (id) => edit(id, { channel_ids: [1] }),
    ...(roles === MANAGERS && {
      addMemberByHand: (id: string) => {
        act('b2b-assign', { email: mailOf(id), company: 502 });
        return { field: 'companies', member: 'Fjord Hotels North' };
      },
    }),
    detail: {
      field: 'firstName',
      change: (id) => edit(id, { first_name: 'By Hand' }),
      async withAuthority(authority) {
        const own = world.open({ authority: { name: authority } });
        await own.prepare(budget());
        return own;
      },
    },
    async crowd() {
      const admin = (number: number) => ({
        ...{ firstName: 'Crowd', lastName: `Number ${number}`, email: `crowd-${number}@halden.example` },
      });
      for (const from of [0, 10, 20]) {
        const people = Array.from({ length: 10 }, (_, index) => admin(from + index));
        await world.b2b('POST', '/super-admins/bulk', people);
      }
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** What the documents of BigCommerce leave open, the other way round. */
const OTHER_POSITIONS = {
  ...{ b2bCompanyBehavior: 'dependent', b2bRateHeaders: 'omitted', b2bResetUnit: 'milliseconds' },
  ...{ b2bErrorStatus: 'always-200', b2bErrorFields: 'snake', b2bEmailFilter: 'same-case' },
  ...{ b2bReadOnlyFields: 'refused', b2bAdoptedNames: 'kept', b2bAdoptedChannels: 'merged' },
  ...{ b2bGroupWrites: 'kept', b2bGroupAfterDelete: 'stays', b2bAfterCustomerDelete: 'left-behind' },
  ...{ duplicateRule: 'same-channels', readOnlyFields: 'refused', attributeTypes: 'checked' },
};

connectorContract('bigcommerce-b2b, company users', () => startStore(BUYERS, {}));
connectorContract('bigcommerce-b2b, super admins', () => startStore(MANAGERS, {}));
connectorContract('bigcommerce-b2b, where a demand for a new password stops login tokens', () =>
  startStore(BUYERS, { tokenLoginDuringReset: 'blocked' }, { liftPasswordReset: true }),
);
connectorContract('bigcommerce-b2b, company users, assumptions turned', () =>
  startStore(BUYERS, OTHER_POSITIONS),
);
connectorContract('bigcommerce-b2b, super admins, assumptions turned', () =>
  startStore(MANAGERS, OTHER_POSITIONS),
);
