import { addPerson } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld, type World } from '../support/world.ts';

/** The demo world by the real clock, as the commands beside it have it. */
export function startCommandWorld(): Promise<World> {
  return startWorld({ clock: new ManualClock(new Date()) });
}

/** So many merchandisers of the region EMEA with accounts in the store; their details may still be under way. */
export async function signInCrowd(world: World, size: number): Promise<readonly string[]> {
  const logins = Array.from({ length: size }, (_, index) => `crowd-${index + 1}`);
  for (const login of logins) {
    await addPerson(world, {
      ...{ login, mail: `${login}@halden.example`, givenName: 'Crowd', familyName: login },
      ...{ groups: ['merchandising@staff'], region: 'EMEA' },
    });
  }
  await Promise.all(logins.map((login) => world.signIn(world.browser(), login, '/launch/store-emea')));
  return logins;
}

/** Lines of `--json`, each parsed. */
export function jsonLines(out: string): readonly Record<string, unknown>[] {
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
