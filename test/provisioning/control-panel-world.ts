import assert from 'node:assert/strict';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { Access, OpenTarget, ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type PanelSettings, partiesOf, settingsOf, TARGET } from './control-panel-settings.ts';
import { mira } from './world.ts';

export { MERCHANDISING, partiesOf, settingsOf, TARGET } from './control-panel-settings.ts';

export type PanelOptions = PanelSettings & {
  /** Positions of the simulator's switches. */
  readonly positions?: Readonly<Record<string, unknown>>;
  /** Default: one of its own, on a clock that stands still. */
  readonly sandbox?: { readonly running: Sandbox; readonly clock: ManualClock };
};

export type SimulatedUser = {
  readonly id: number;
  readonly email: string;
  readonly hasAccepted: boolean;
  readonly stores: Readonly<Record<string, { readonly permissions: readonly string[] }>>;
};
type SimulatedAccount = {
  readonly users: readonly SimulatedUser[];
  readonly mails: readonly { readonly to: string }[];
  readonly calls: readonly {
    readonly at: Date;
    readonly operation: string | null;
    readonly status: number;
  }[];
};

export const background = (ms = 10_000): CallBudget => createCallBudget('background', ms);
export const accessOf = (region: string, role: string): Access => ({ relyingParty: `panel-${region}`, role });

/** What everybody who tests control panels may look at and turn. */
export class Account {
  readonly #control: SystemControl;

  constructor(control: SystemControl) {
    this.#control = control;
  }

  get #state(): SimulatedAccount {
    return (this.#control.state() as { account: SimulatedAccount }).account;
  }

  user(mail: string): SimulatedUser | undefined {
    return this.#state.users.find(({ email }) => email === mail);
  }

  /** The same as the API names it. */
  idOf(mail: string): string {
    return `bc/account/user/${(this.user(mail) ?? assert.fail(`no user ${mail}`)).id}`;
  }

  mailOf(externalId: string): string {
    const user = this.#state.users.find(({ id }) => `bc/account/user/${id}` === externalId);
    return user?.email ?? assert.fail(`no user ${externalId}`);
  }

  storesOf(mail: string): readonly string[] {
    return Object.keys(this.user(mail)?.stores ?? assert.fail(`no user ${mail}`)).sort();
  }

  count(): number {
    return this.#state.users.length;
  }

  invitations(mail: string): number {
    return this.#state.mails.filter(({ to }) => to === mail).length;
  }

  calls(from = 0): readonly string[] {
    return this.#state.calls.slice(from).map(({ operation, status }) => `${operation} ${status}`);
  }

  get control(): SystemControl {
    return this.#control;
  }

  act(action: string, body: Record<string, unknown>): unknown {
    const run = this.#control.actions?.[action]?.run ?? assert.fail(`no action ${action}`);
    return run(body);
  }

  tick(mail: string, permissions: readonly string[], store = 'haldenemea'): void {
    this.act('set-panel-permissions', { store, email: mail, permissions });
  }
}

/** The account over real HTTP and the connector on it. The clock stands still. */
export interface PanelWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly account: Account;
  readonly target: OpenTarget;
  open(options?: PanelOptions): OpenTarget;
  person(change?: Partial<Person>): Person;
  desire(person: Person, ...accesses: readonly Access[]): AccountImage;
  read(externalId: string, refs?: ReadAccount['refs']): Promise<ReadAccount>;
}

export async function startPanels(options: PanelOptions = {}): Promise<PanelWorld> {
  const clock = options.sandbox?.clock ?? new ManualClock();
  await using cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(
    options.sandbox?.running ?? (await startSandbox({ port: 0, clock, only: ['bigcommerce'] })),
  );
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const account = new Account(sandbox.system('bigcommerce'));
  account.control.turn({ accountQuota: 10_000, ...options.positions });
  const open = (own: PanelOptions = {}): OpenTarget => {
    const settings = settingsOf(sandbox.url('api.bigcommerce'), { ...options.settings, ...own.settings });
    const relyingParties = partiesOf(own.roles ?? options.roles);
    const deps = { id: TARGET, http, clock, log: silentLog, relyingParties };
    return connectors.get('bigcommerce-control-panel')?.open(settings, deps) ?? assert.fail('not registered');
  };
  const target = open();
  const prepared = await target.prepare(background());
  assert.equal(prepared.outcome, 'prepared', JSON.stringify(prepared));
  let count = 0;
  const opened = cleanup.move();
  return {
    ...{ clock, sandbox, account, target, open },
    person: (change) => {
      count += 1;
      return mira({ id: newId('per'), mail: `person-${count}@halden.example`, ...change });
    },
    desire: (person, ...accesses) => {
      const answer = target.desire(person, accesses);
      return answer.outcome === 'desired' ? answer.image : assert.fail(answer.detail);
    },
    read: async (externalId, refs = {}) => {
      const answer = await target.findById(externalId, {}, refs, background());
      assert.equal(answer.outcome, 'read', JSON.stringify(answer));
      return (answer.outcome === 'read' && answer.accounts[0]) || assert.fail('the user is not there');
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
