import { setTimeout as sleep } from 'node:timers/promises';
import type { IssuingPurpose } from '../src/platform/keys/index.ts';
import type { LoopDelay } from './messages.ts';
import type { Scenario, Visits } from './scenarios.ts';
import { type Visitors, visitOften } from './visitors.ts';
import type { BenchWorld } from './world.ts';

/** What visitors noticed of keys that were replaced while they came. */
export type Rotation = {
  /** Keys that were replaced, in order. */
  readonly rotated: readonly IssuingPurpose[];
  readonly visits: number;
  readonly requests: number;
  /** Requests that failed, and visits that failed otherwise, such as by a signature that no published key made. */
  readonly failed: number;
  /** Why, for the first few. */
  readonly complaints: readonly string[];
  /** How late the broker's event loop was: the same visits without any rotation, and with. */
  readonly loop: { readonly quiet: LoopDelay; readonly rotating: LoopDelay };
};

/**
 * The last one is that of requests to the upstream. The upstream of this world reads our metadata once, so it knows
 * the key in use and the next one, and no more.
 */
const ORDER: readonly IssuingPurpose[] = [
  'oidc-rs256',
  'saml-identity-provider',
  'oidc-rs256',
  'saml-identity-provider',
  'saml-service-provider',
];
const KEPT_COMPLAINTS = 5;
const LOOK_MS = 5;

/**
 * Replaces keys from another process than the broker's, as `vestibule keys rotate` does, while visits run. The
 * applications know what was published before each rotation and nothing that came later, so a key that signs
 * before it could be learnt is a failure.
 *
 * @param visitsEach after each rotation.
 */
export async function rotateUnderLoad(
  world: Pick<BenchWorld, 'broker' | 'rotateKey'>,
  { scenarios, applications, traffic }: Visits,
  visitsEach: number,
  visitors: Visitors,
): Promise<Rotation> {
  // People who come for the first time leave work behind that has nothing to do with keys.
  const visit = mixed(scenarios.filter(({ trails }) => trails !== true));
  const times = visitsEach * ORDER.length;
  const quiet = await world.broker.loopDelay(() => visitOften(visit, times, visitors));

  const complaints: string[] = [];
  let [failedVisits, finished] = [0, 0];
  const complain = (error: unknown): void => {
    failedVisits += 1;
    complaints.push(String(error));
  };
  const patient = async (): Promise<void> => {
    await visit().catch(complain);
    finished += 1;
  };
  const before = { ...traffic };
  const earlier = applications.oidc.idToken;
  const rotated: IssuingPurpose[] = [];
  const rotateAll = async (): Promise<void> => {
    for (const [index, purpose] of ORDER.entries()) {
      while (finished < index * visitsEach) await sleep(LOOK_MS);
      await applications.saml.learnKeys();
      await applications.oidc.learnKeys();
      await world.rotateKey(purpose);
      rotated.push(purpose);
    }
  };
  const rotating = await world.broker.loopDelay(async () => {
    await Promise.all([visitOften(patient, times, visitors), rotateAll()]);
  });
  // What was signed before stays good: its key is retired and still published (R8).
  await applications.oidc.learnKeys();
  if (earlier !== undefined) await applications.oidc.verify(earlier).catch(complain);
  const failedRequests = traffic.failed - before.failed;
  return {
    ...{ rotated, visits: times, requests: traffic.requests - before.requests },
    failed: Math.max(failedRequests, failedVisits),
    complaints: complaints.slice(0, KEPT_COMPLAINTS),
    loop: { quiet, rotating },
  };
}

/** All kinds of visits by turns. */
function mixed(scenarios: readonly Scenario[]): () => Promise<void> {
  let turn = 0;
  return async () => {
    const scenario = scenarios[turn % scenarios.length];
    turn += 1;
    await scenario?.visit();
  };
}
