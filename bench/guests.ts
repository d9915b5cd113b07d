import { DEMO_PASSWORD, type NewPerson, type Sandbox } from '../src/sandbox/index.ts';
import type { Arrival, BenchBrowser } from './browser.ts';
import { connectionLinkIn } from './html.ts';

/** How somebody signs in at one of the upstreams. */
export type Upstream = {
  readonly connection: string;
  readonly host: string;
  readonly fields: (login: string) => Record<string, string>;
};

export const OTDS: Upstream = {
  connection: 'otds',
  host: 'otds.localhost',
  fields: (login) => ({ otds_username: login, otds_password: DEMO_PASSWORD }),
};
export const ACCESS_MANAGER: Upstream = {
  connection: 'access-manager',
  host: 'am.localhost',
  fields: (login) => ({ Ecom_User_ID: login, Ecom_Password: DEMO_PASSWORD }),
};

/** Who comes, and from where. */
export type Origin = {
  readonly upstream: Upstream;
  readonly region: string;
  readonly groups: readonly string[];
};

/** Adds people to the directories, one after the other. @returns the login of a new one. */
export function createPeople({ people }: Sandbox): (origin: Origin) => string {
  let count = 0;
  return ({ upstream, region, groups }) => {
    count += 1;
    const person: NewPerson = {
      ...{
        login: `guest${count}`,
        region,
        groups: [...groups],
        givenName: 'Guest',
        familyName: `Number ${count}`,
      },
      employeeNumber: `G${count}`,
      department: 'Merchandising',
      phone: '+49 40 5550 1001',
      inAccessManager: upstream === ACCESS_MANAGER,
      address: {
        ...{ street: 'Speicherstadt 12', city: 'Hamburg', state: 'Hamburg', postalCode: '20457' },
        country: 'DE',
      },
    };
    people.add(person);
    return person.login;
  };
}

/** Opens a page of the broker, chooses the upstream where asked, signs in there where asked. */
export async function signIn(
  browser: BenchBrowser,
  url: string,
  { connection, host, fields }: Upstream,
  login: string,
): Promise<Arrival> {
  let page = await browser.open(url);
  const link = connectionLinkIn(page.html, connection);
  if (link !== undefined) page = await browser.open(new URL(link, page.url).href);
  return page.url.hostname === host ? browser.submit(page, fields(login)) : page;
}

/** What the visitors of one kind take turns with. Nobody has the same one at the same time. */
export class Turns<T> {
  readonly #free: T[];

  constructor(items: readonly T[]) {
    this.#free = [...items];
  }

  /** @throws RangeError when more come at once than there are. */
  async next(use: (item: T) => Promise<void>): Promise<void> {
    const item = this.#free.shift();
    if (item === undefined) throw new RangeError('more at once than there are');
    try {
      await use(item);
    } finally {
      this.#free.push(item);
    }
  }
}
