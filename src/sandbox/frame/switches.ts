import { z } from 'zod';

export type SwitchValue = string | number | boolean | null;

/** One behaviour of a simulator that can be turned. */
export type SwitchDefinition<T extends SwitchValue = SwitchValue> = {
  readonly schema: z.ZodType<T>;
  readonly initial: T;
  /** What the position changes, for the control page. */
  readonly explains: string;
  /** True when no source confirms how the real product behaves; tests run every position of such a switch. */
  readonly assumption: boolean;
  /** All positions, where they can be listed. */
  readonly positions?: readonly T[];
};

type Notes = { readonly explains: string; readonly assumption?: boolean };
// biome-ignore lint/suspicious/noExplicitAny: the one place where switches of different types meet in one map.
type AnySwitch = SwitchDefinition<any>;
export type SwitchDefinitions = Readonly<Record<string, AnySwitch>>;
export type Positions<D extends SwitchDefinitions> = {
  readonly [K in keyof D]: D[K] extends SwitchDefinition<infer T> ? T : never;
};

export function onOff(initial: boolean, notes: Notes): SwitchDefinition<boolean> {
  return { schema: z.boolean(), initial, positions: [true, false], assumption: false, ...notes };
}

/** The first position is the initial one. */
export function choice<const P extends string>(
  positions: readonly [P, ...P[]],
  notes: Notes,
): SwitchDefinition<P> {
  return { schema: z.enum(positions), initial: positions[0], positions, assumption: false, ...notes };
}

/** Free text; `null` means "as the product does by itself". */
export function override(notes: Notes): SwitchDefinition<string | null> {
  return { schema: z.string().nullable(), initial: null, assumption: false, ...notes };
}

export function amount(initial: number, notes: Notes): SwitchDefinition<number> {
  return { schema: z.number().int(), initial, assumption: false, ...notes };
}

export type SwitchDescription = {
  readonly name: string;
  readonly position: SwitchValue;
  readonly initial: SwitchValue;
  readonly positions?: readonly SwitchValue[];
  readonly explains: string;
  readonly assumption: boolean;
};

/** The switches of one simulator. `positions` is live: read it at each request. */
export interface Switches<D extends SwitchDefinitions = SwitchDefinitions> {
  readonly positions: Positions<D>;
  /** Sets several at once, or none and says what is wrong. */
  set(
    change: unknown,
  ): { readonly outcome: 'set' } | { readonly outcome: 'refused'; readonly problem: string };
  reset(): void;
  describe(): readonly SwitchDescription[];
}

export function createSwitches<const D extends SwitchDefinitions>(definitions: D): Switches<D> {
  const initial = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, definition.initial as SwitchValue]),
  );
  const positions: Record<string, SwitchValue> = { ...initial };
  const Change = z
    .strictObject(
      Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, definition.schema])),
    )
    .partial();
  return {
    positions: positions as Positions<D>,
    set: (change) => {
      const parsed = Change.safeParse(change);
      if (!parsed.success) return { outcome: 'refused', problem: z.prettifyError(parsed.error) };
      Object.assign(positions, parsed.data);
      return { outcome: 'set' };
    },
    reset: () => {
      Object.assign(positions, initial);
    },
    describe: () =>
      Object.entries(definitions).map(([name, { initial: first, positions: all, explains, assumption }]) => ({
        name,
        position: positions[name] ?? null,
        initial: first,
        ...(all && { positions: all }),
        explains,
        assumption,
      })),
  };
}
