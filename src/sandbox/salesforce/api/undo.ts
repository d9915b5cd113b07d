import type { Records } from './records.ts';

/** Takes entries out of a map; an attempt that is undone puts them back. */
export function takeAway<K, V>(map: Map<K, V>, isMeant: (value: V) => boolean, records: Records): void {
  for (const [key, value] of map) {
    if (!isMeant(value)) continue;
    map.delete(key);
    records.onUndo(() => map.set(key, value));
  }
}
