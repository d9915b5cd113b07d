import type { Arrival, BenchBrowser } from './browser.ts';
import { type Origin, OTDS, signIn, Turns } from './guests.ts';
import type { Around, Visit } from './scenarios.ts';

export type ToStore = Origin & { readonly store: string };

/** Visits to the stores. All people of `known` and `switching` have been there before. */
export function createStoreVisits({ origin, browser, newPerson, knownPeople, keepMessage }: Around) {
  const enter = async (by: BenchBrowser, way: ToStore, login: string): Promise<void> => {
    const { upstream, store } = way;
    const url = `${origin}/login?connection=${upstream.connection}&rp=${store}`;
    arrived(await signIn(by, url, upstream, login), store);
    keepMessage(by.samlResponse);
  };

  return {
    /** People whom broker, upstream and store know; each visit is a new day at the broker and the store. */
    async known(way: ToStore): Promise<Visit> {
      const people = Array.from({ length: knownPeople }, () => ({ login: newPerson(way), by: browser() }));
      for (const { by, login } of people) await enter(by, way, login);
      const turns = new Turns(people);
      return () =>
        turns.next(async ({ by, login }) => {
          by.keepOnly(way.upstream.host);
          await enter(by, way, login);
        });
    },

    firstTime(way: ToStore): Visit {
      return () => enter(browser(), way, newPerson(way));
    },

    /** Managers who are signed in and go from one store to the other. */
    async switching(): Promise<Visit> {
      const way = { upstream: OTDS, region: 'EMEA', groups: ['store-managers@staff'], store: 'store-emea' };
      const launch = async (by: BenchBrowser, store: string): Promise<void> =>
        arrived(await by.open(`${origin}/launch/${store}`), store);
      const people = [];
      for (let person = 0; person < knownPeople; person += 1) {
        const by = browser();
        await enter(by, way, newPerson(way));
        for (const store of ['store-na', 'store-emea']) await launch(by, store);
        people.push({ by, inEurope: true });
      }
      const turns = new Turns(people);
      return () =>
        turns.next(async (person) => {
          await launch(person.by, person.inEurope ? 'store-na' : 'store-emea');
          person.inEurope = !person.inEurope;
        });
    },
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
