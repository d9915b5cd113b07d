import { Agent } from 'node:http';
import { DEMO_PASSWORD, type NewPerson, type Sandbox } from '../src/sandbox/index.ts';
import { type Arrival, BenchBrowser } from './browser.ts';

/** One kind of visit whose cost is measured. */
export type Scenario = {
  readonly id: string;
  readonly title: string;
  /** Goal as a multiple of the yardstick, where DESIGN names one for this kind of visit. */
  readonly goal?: number;
  /** Whether the SAML verifier is part of it. */
  readonly verifies: boolean;
  /** Whether the broker goes on in the background when the person is in the store. */
  readonly trails: boolean;
  /** One complete visit, from the first request to the broker until the store has let the person in. */
  visit(): Promise<void>;
};

export type Visits = Disposable & {
  /** Keeps connections open, for whoever else looks at the world. */
  readonly agent: Agent;
  readonly scenarios: readonly Scenario[];
  /** The latest message that Access Manager sent to the broker. */
  samlResponse(): string | undefined;
};

type Upstream = { readonly connection: string; readonly host: string; readonly fields: LoginFields };
type LoginFields = (login: string) => Record<string, string>;
type Place = { readonly sandbox: Sandbox; readonly origin: string };

const OTDS: Upstream = {
  connection: 'otds',
  host: 'otds.localhost',
  fields: (login) => ({ otds_username: login, otds_password: DEMO_PASSWORD }),
};
const ACCESS_MANAGER: Upstream = {
  connection: 'access-manager',
  host: 'am.localhost',
  fields: (login) => ({ Ecom_User_ID: login, Ecom_Password: DEMO_PASSWORD }),
};

/**
 * Makes the people who come, and lets the known ones come for the first time.
 *
 * @param knownPeople come by turns where everybody is known; more than come at once, so that nobody comes twice at once.
 */
export async function prepareVisits(place: Place, knownPeople: number): Promise<Visits> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const guests = createGuests(place, agent, knownPeople);
  const viaOtds = { upstream: OTDS, store: 'store-emea', region: 'EMEA', groups: ['merchandising@staff'] };
  const viaAccessManager = {
    ...{ upstream: ACCESS_MANAGER, store: 'store-na', region: 'NA', groups: ['merchandising@staff'] },
  };
  const scenarios: readonly Scenario[] = [
    {
      id: 'otds-known',
      title: 'OTDS (OIDC), known person',
      trails: false,
      verifies: false,
      visit: await guests.known(viaOtds),
    },
    {
      id: 'otds-new',
      title: 'OTDS (OIDC), first time',
      trails: true,
      verifies: false,
      visit: guests.firstTime(viaOtds),
    },
    {
      id: 'am-known',
      title: 'Access Manager (SAML), known person',
      goal: 3,
      trails: false,
      verifies: true,
      visit: await guests.known(viaAccessManager),
    },
    {
      id: 'am-new',
      title: 'Access Manager (SAML), first time',
      trails: true,
      verifies: true,
      visit: guests.firstTime(viaAccessManager),
    },
    {
      id: 'switch',
      title: 'store switch in a live session',
      goal: 1,
      trails: false,
      verifies: false,
      visit: await guests.switching(),
    },
  ];
  return {
    ...{ agent, scenarios, samlResponse: guests.samlResponse },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

type Way = {
  readonly upstream: Upstream;
  readonly store: string;
  readonly region: string;
  readonly groups: readonly string[];
};

function createGuests({ sandbox, origin }: Place, agent: Agent, knownPeople: number) {
  let count = 0;
  let samlResponse: string | undefined;

  const newPerson = ({ upstream, region, groups }: Omit<Way, 'store'>): string => {
    count += 1;
    const login = `guest${count}`;
    const person: NewPerson = {
      ...{ login, region, groups: [...groups], givenName: 'Guest', familyName: `Number ${count}` },
      employeeNumber: `G${count}`,
      department: 'Merchandising',
      phone: '+49 40 5550 1001',
      inAccessManager: upstream === ACCESS_MANAGER,
      address: {
        ...{ street: 'Speicherstadt 12', city: 'Hamburg', state: 'Hamburg', postalCode: '20457' },
        country: 'DE',
      },
    };
    sandbox.people.add(person);
    return login;
  };

  const signIn = async (browser: BenchBrowser, way: Omit<Way, 'region' | 'groups'>, login: string) => {
    const { connection, host, fields } = way.upstream;
    const page = await browser.open(`${origin}/login?connection=${connection}&rp=${way.store}`);
    const isAsked = page.url.hostname === host;
    arrived(isAsked ? await browser.submit(page, fields(login)) : page, way.store);
    samlResponse = browser.samlResponse ?? samlResponse;
  };

  return {
    samlResponse: () => samlResponse,

    /** People whom broker, upstream and store know; each visit is a new day at the broker and the store. */
    async known(way: Way): Promise<() => Promise<void>> {
      const people = Array.from({ length: knownPeople }, () => ({
        login: newPerson(way),
        browser: new BenchBrowser(agent),
      }));
      for (const { browser, login } of people) await signIn(browser, way, login);
      const next = byTurns(people);
      return async () => {
        const { browser, login } = next();
        browser.keepOnly(way.upstream.host);
        await signIn(browser, way, login);
      };
    },

    firstTime(way: Way): () => Promise<void> {
      return () => signIn(new BenchBrowser(agent), way, newPerson(way));
    },

    /** Managers who are signed in and go from one store to the other. */
    async switching(): Promise<() => Promise<void>> {
      const way = { upstream: OTDS, region: 'EMEA', groups: ['store-managers@staff'], store: 'store-emea' };
      const stores = ['store-na', 'store-emea'];
      const people = [];
      for (let person = 0; person < knownPeople; person += 1) {
        const browser = new BenchBrowser(agent);
        await signIn(browser, way, newPerson(way));
        for (const store of stores) arrived(await browser.open(`${origin}/launch/${store}`), store);
        people.push({ browser, nextStore: byTurns(stores) });
      }
      const next = byTurns(people);
      return async () => {
        const { browser, nextStore } = next();
        const store = nextStore();
        arrived(await browser.open(`${origin}/launch/${store}`), store);
      };
    },
  };
}

function byTurns<T>(all: readonly T[]): () => T {
  let turn = 0;
  return () => {
    const item = all[turn % all.length];
    turn += 1;
    if (item === undefined) throw new RangeError('nobody there');
    return item;
  };
}

/** A visit that does not end inside the store would make every number a lie. */
function arrived(page: Arrival, store: string): void {
  const isInside = page.url.hostname === `${store}.localhost` && page.status === 200;
  if (isInside && !page.url.pathname.startsWith('/login')) return;
  const title = /<h1\b[^>]*>([\s\S]*?)<\/h1>/i.exec(page.html)?.[1]?.trim() ?? '';
  throw new Error(
    `a visit to ${store} ended at ${page.url.host}${page.url.pathname} with ${page.status} ${title}`,
  );
}
