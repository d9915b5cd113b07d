import type { OidcApplication, SamlApplication, Tokens } from './applications.ts';
import type { BenchBrowser } from './browser.ts';
import { type Origin, signIn, Turns } from './guests.ts';
import type { Around, Visit } from './scenarios.ts';

type Person = { readonly login: string; readonly by: BenchBrowser };

/** Visits to applications, who ask for them. Everybody has been there before. */
export function createApplicationVisits(
  { browser, newPerson, knownPeople, keepMessage }: Around,
  { saml, oidc }: { readonly saml: SamlApplication; readonly oidc: OidcApplication },
) {
  const people = (way: Origin): Person[] =>
    Array.from({ length: knownPeople }, () => ({ login: newPerson(way), by: browser() }));

  const enterSaml = async ({ by, login }: Person, { upstream }: Origin): Promise<void> => {
    const { id, url } = saml.leave();
    saml.arrive(await signIn(by, url, upstream, login), id);
    keepMessage(by.samlResponse);
  };

  const enterOidc = async ({ by, login }: Person, { upstream }: Origin): Promise<Tokens> => {
    const leaving = oidc.leave();
    const arrival = await signIn(by, leaving.url, upstream, login);
    keepMessage(by.samlResponse);
    return oidc.arrive(arrival, leaving);
  };

  /** Each visit is a new day at the broker; the session upstream goes on. */
  const daily = async (way: Origin, enter: (person: Person) => Promise<void>): Promise<Visit> => {
    const known = people(way);
    for (const person of known) await enter(person);
    const turns = new Turns(known);
    return () =>
      turns.next((person) => {
        person.by.keepOnly(way.upstream.host);
        return enter(person);
      });
  };

  return {
    /** → a response that is signed twice and verifies. */
    saml: (way: Origin) => daily(way, (person) => enterSaml(person, way)),

    /** The same in a live session: no upstream is asked. */
    async samlAgain(way: Origin): Promise<Visit> {
      const known = people(way);
      for (const person of known) await enterSaml(person, way);
      const turns = new Turns(known);
      return () => turns.next((person) => enterSaml(person, way));
    },

    /** → code, token, userinfo if wanted. */
    oidc: (way: Origin, { userInfo }: { readonly userInfo: boolean }) =>
      daily(way, async (person) => {
        const tokens = await enterOidc(person, way);
        if (userInfo) await oidc.userInfo(tokens);
      }),

    /** The application alone: a refresh token for new tokens, access decided anew. */
    async refresh(way: Origin): Promise<Visit> {
      const held: { tokens: Tokens }[] = [];
      for (const person of people(way)) held.push({ tokens: await enterOidc(person, way) });
      const turns = new Turns(held);
      return () =>
        turns.next(async (holder) => {
          holder.tokens = await oidc.refresh(holder.tokens);
        });
    },
  };
}
