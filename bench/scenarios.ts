import { Agent } from 'node:http';
import type { Sandbox } from '../src/sandbox/index.ts';
import { createApplicationVisits } from './application-visits.ts';
import { APPLICATION_HOST, OidcApplication, SamlApplication } from './applications.ts';
import { BenchBrowser, createFetch, type Traffic } from './browser.ts';
import { ACCESS_MANAGER, createPeople, type Origin, OTDS } from './guests.ts';
import { createStoreVisits } from './store-visits.ts';

/** One complete visit, from the first request to the broker until the relying party has let the person in. */
export type Visit = () => Promise<void>;

/** One kind of visit whose cost is measured. */
export type Scenario = {
  readonly id: string;
  readonly title: string;
  /** What the design aims at, in the unit of the goals. */
  readonly goal?: number;
  /** Whether the SAML verifier is part of it. */
  readonly verifies?: boolean;
  /** Whether the broker goes on in the background when the person is in the store. */
  readonly trails?: boolean;
  /** So many times as many visits in a round, where a single one costs too little to be measured well. */
  readonly times?: number;
  readonly visit: Visit;
};

export type Visits = Disposable & {
  /** Keeps connections open, for whoever else looks at the world. */
  readonly agent: Agent;
  readonly scenarios: readonly Scenario[];
  readonly applications: { readonly saml: SamlApplication; readonly oidc: OidcApplication };
  readonly traffic: Traffic;
  /** The latest message that Access Manager sent to the broker. */
  samlResponse(): string | undefined;
};

/** What every kind of visit begins with. */
export type Around = {
  readonly origin: string;
  /** Come by turns where everybody is known; more than come at once, so that nobody comes twice at once. */
  readonly knownPeople: number;
  newPerson(origin: Origin): string;
  browser(): BenchBrowser;
  keepMessage(samlResponse: string | undefined): void;
};

/** Makes the people who come, and lets the known ones come for the first time. */
export async function prepareVisits(
  { sandbox, origin }: { readonly sandbox: Sandbox; readonly origin: string },
  knownPeople: number,
): Promise<Visits> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const traffic: Traffic = { requests: 0, failed: 0 };
  const fetch = createFetch(agent, traffic);
  const applications = { saml: new SamlApplication(origin, fetch), oidc: new OidcApplication(origin, fetch) };
  await applications.saml.learnKeys();
  await applications.oidc.learnKeys();
  let samlResponse: string | undefined;
  const around: Around = {
    ...{ origin, knownPeople, newPerson: createPeople(sandbox) },
    browser: () => new BenchBrowser(agent, { traffic, stopsAt: APPLICATION_HOST }),
    keepMessage: (message) => {
      samlResponse = message ?? samlResponse;
    },
  };
  const scenarios = [
    ...(await storeScenarios(around)),
    ...(await applicationScenarios(around, applications)),
  ];
  return {
    ...{ agent, scenarios, applications, traffic, samlResponse: () => samlResponse },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

const VIA_OTDS = { upstream: OTDS, region: 'EMEA', groups: ['merchandising@staff'] };
const VIA_ACCESS_MANAGER = { upstream: ACCESS_MANAGER, region: 'NA', groups: ['merchandising@staff'] };

async function storeScenarios(around: Around): Promise<readonly Scenario[]> {
  const visits = createStoreVisits(around);
  const viaOtds = { ...VIA_OTDS, store: 'store-emea' };
  const viaAccessManager = { ...VIA_ACCESS_MANAGER, store: 'store-na' };
  return [
    { id: 'otds-known', title: 'OTDS (OIDC) → store, known person', visit: await visits.known(viaOtds) },
    {
      ...{ id: 'otds-new', title: 'OTDS (OIDC) → store, first time', trails: true },
      visit: visits.firstTime(viaOtds),
    },
    {
      ...{ id: 'am-known', title: 'Access Manager (SAML) → store, known person', goal: 3, verifies: true },
      visit: await visits.known(viaAccessManager),
    },
    {
      ...{ id: 'am-new', title: 'Access Manager (SAML) → store, first time', trails: true, verifies: true },
      visit: visits.firstTime(viaAccessManager),
    },
    {
      ...{ id: 'switch', title: 'store switch in a live session', goal: 1, times: 2 },
      visit: await visits.switching(),
    },
  ];
}

async function applicationScenarios(
  around: Around,
  applications: Visits['applications'],
): Promise<readonly Scenario[]> {
  const visits = createApplicationVisits(around, applications);
  return [
    {
      ...{ id: 'am-saml', title: 'Access Manager (SAML) → SAML response', goal: 4.5, verifies: true },
      visit: await visits.saml(VIA_ACCESS_MANAGER),
    },
    {
      ...{ id: 'saml-switch', title: 'SAML response in a live session', times: 2 },
      visit: await visits.samlAgain(VIA_OTDS),
    },
    {
      ...{ id: 'am-oidc', title: 'Access Manager (SAML) → code, token, userinfo', goal: 7, verifies: true },
      visit: await visits.oidc(VIA_ACCESS_MANAGER, { userInfo: true }),
    },
    {
      ...{ id: 'otds-oidc', title: 'OTDS (OIDC) → code, token' },
      visit: await visits.oidc(VIA_OTDS, { userInfo: false }),
    },
    { id: 'refresh', title: 'refresh of tokens', times: 2, visit: await visits.refresh(VIA_OTDS) },
  ];
}
