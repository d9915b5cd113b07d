/** Kinds of records whose lists come from a search index. */
export type Indexed = 'users' | 'groups';
type Entry = { readonly due: number; readonly kind: Indexed; readonly id: string; readonly copy: unknown };

/** Lists and searches look here. It follows the records after a while; reading one record by id never does. */
export interface SearchIndex {
  /** The whole index anew, as when a domain is opened. */
  fill(kind: Indexed, records: ReadonlyMap<string, unknown>): void;
  /** A record was written, or removed (undefined). It shows from `due` on, in milliseconds since the epoch. */
  put(kind: Indexed, id: string, record: unknown, due: number): void;
  all(kind: Indexed, now: number): readonly unknown[];
}

export function createIndex(): SearchIndex {
  const shown = { users: new Map<string, unknown>(), groups: new Map<string, unknown>() };
  let waiting: Entry[] = [];
  const show = ({ kind, id, copy }: Entry): void => {
    if (copy === undefined) shown[kind].delete(id);
    else shown[kind].set(id, copy);
  };
  return {
    fill: (kind, records) => {
      shown[kind] = new Map([...records].map(([id, record]) => [id, structuredClone(record)]));
    },
    put: (kind, id, record, due) => {
      waiting.push({ due, kind, id, copy: structuredClone(record) });
    },
    all: (kind, now) => {
      for (const entry of waiting.filter(({ due }) => due <= now)) show(entry);
      waiting = waiting.filter(({ due }) => due > now);
      return [...shown[kind].values()];
    },
  };
}
