import type { Clock } from '../../base/index.ts';
import type { People } from '../people.ts';

/** When each person was changed last, and how often anybody was. */
export interface Modified {
  /** `2025-01-24T10:19:22Z`, whole seconds as OTDS writes them. */
  of(uuid: string): string;
  changes(): number;
  reset(): void;
}

const AT_FIRST = '2025-01-24T10:19:22Z';

export function watchModified(people: People, clock: Clock): Modified {
  const times = new Map<string, string>();
  let changes = 0;
  people.onChange(({ person }) => {
    changes += 1;
    times.set(person.uuid, `${clock.now().toISOString().slice(0, 19)}Z`);
  });
  return {
    of: (uuid) => times.get(uuid) ?? AT_FIRST,
    changes: () => changes,
    reset: () => {
      times.clear();
      changes = 0;
    },
  };
}
