/** One process of the engine on control panels; loads nothing that only tests need, because many are started. */
import { createAccessLog } from '../../src/access-log/index.ts';
import { type Clock, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { DatabaseHandle } from '../../src/platform/database/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs } from '../../src/platform/jobs/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import {
  createProvisioning,
  type EnsureAccount,
  type EnsuredAccount,
  type Provisioning,
} from '../../src/provisioning/index.ts';
import { type PanelSettings, partiesOf, settingsOf, TARGET } from './control-panel-settings.ts';

export type OnStep = (step: string) => void | Promise<void>;
export type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };
type Process = PanelSettings & {
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly masterKey: Buffer;
  readonly url: string;
  readonly onStep?: OnStep;
};

export const codeOf = (result: EnsuredAccount): string =>
  result.outcome === 'ready' ? 'ready' : result.code;

/** A process: own memory, a shared database. */
export async function openProcess(options: Process): Promise<Opened> {
  const { database, clock, masterKey, url } = options;
  await using cleanup = new AsyncDisposableStack();
  const { db, listen } = database;
  const needs = { db, clock, log: silentLog };
  const masterKeys = { current: new MasterKey(masterKey), previous: [] };
  const keys = cleanup.use(await openKeys({ ...needs, listen, masterKeys }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const accessLog = cleanup.use(createAccessLog({ ...needs, keys }));
  const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
  const target = {
    ...{ id: TARGET, kind: 'bigcommerce-control-panel' },
    ...{ settings: settingsOf(url, options.settings), relyingParties: partiesOf(options.roles) },
  };
  const provisioning = cleanup.use(
    createProvisioning({
      ...{ ...needs, keys, http, jobs, accessLog, targets: [target] },
      ...(options.onStep && { onStep: options.onStep }),
    }),
  );
  const opened = cleanup.move();
  return { provisioning, jobs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export function signIn(
  person: Person,
  accesses: readonly Access[],
  change: Partial<EnsureAccount> = {},
): EnsureAccount {
  return {
    ...{ person, accesses, target: TARGET, trustedMailDomains: [] },
    ...{ thread: newId('lgn'), budgetMs: 10_000, ...change },
  };
}
