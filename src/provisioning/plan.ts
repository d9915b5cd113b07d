import type { Json } from '../base/index.ts';
import { type AccountImage, EVERYTHING, type Field, isEmpty, sameValue } from './account-image.ts';
import type { OpenTarget } from './connector.ts';

/** One field that differs. `reduces` unless it provably only adds (R5.2). */
export type Change = {
  readonly field: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
  readonly effect: 'adds' | 'reduces' | 'detail';
};

/** One request that is to be sent: all changes of one call with one purpose. */
export type PlannedStep = {
  readonly call: string;
  /** Access is settled before the person is let in; details may follow (R5.2). */
  readonly purpose: 'access' | 'detail';
  readonly changes: readonly Change[];
};

/** Fields whose present value the target already refused: not sent again until the value changes (S19). */
export type Rejected = Readonly<Record<string, string>>;

/**
 * What must change so that `current` becomes `desired`. Fields that are not desired are left alone. Pure.
 *
 * @param isRejected says whether the target refused this very value of a field before.
 */
export function diff(
  target: Pick<OpenTarget, 'fields' | 'authority'>,
  current: AccountImage,
  desired: AccountImage,
  isRejected: (field: string, value: Json) => boolean,
): readonly Change[] {
  const changes: Change[] = [];
  for (const [name, to] of Object.entries(desired)) {
    const field = target.fields[name];
    const from = current[name];
    if (to === undefined || !field || sameValue(field, from, to)) continue;
    if (field.kind === 'detail') {
      if (staysAsItIs(target.authority(name), from) || isRejected(name, to)) continue;
    }
    changes.push({ field: name, from, to, effect: effectOf(field, from, to) });
  }
  return changes;
}

function staysAsItIs(authority: ReturnType<OpenTarget['authority']>, from: Json | undefined): boolean {
  return authority === 'target' || (authority === 'first' && !isEmpty(from));
}

function effectOf(field: Field, from: Json | undefined, to: Json): Change['effect'] {
  if (field.kind === 'detail') return 'detail';
  if (isEmpty(from)) return 'adds';
  if (field.kind === 'exclusive') return 'reduces';
  return loses(from, to) ? 'reduces' : 'adds';
}

/** Does the set lose a member? A set of everything loses by becoming any list. */
function loses(from: Json | undefined, to: Json): boolean {
  const before = Array.isArray(from) ? from : [];
  const after = Array.isArray(to) ? to : [];
  if (after.includes(EVERYTHING)) return false;
  return before.some((member) => !after.includes(member));
}

/**
 * Puts changes into requests: what takes access away, what gives it, then details; each in the connector's order
 * of calls. One request may take and give at once.
 */
export function planSteps(
  target: Pick<OpenTarget, 'fields' | 'calls'>,
  changes: readonly Change[],
): readonly PlannedStep[] {
  const steps: PlannedStep[] = [];
  for (const purpose of ['access', 'detail'] as const) {
    for (const call of target.calls) {
      const own = changes.filter(
        ({ field, effect }) =>
          target.fields[field]?.call === call && (effect === 'detail') === (purpose === 'detail'),
      );
      if (own.length > 0) steps.push({ call, purpose, changes: own });
    }
  }
  return steps.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ purpose, changes }: PlannedStep): number {
  if (purpose === 'detail') return 2;
  return changes.some(({ effect }) => effect === 'reduces') ? 0 : 1;
}

/** The values of a step as an image. */
export function valuesOf(step: PlannedStep): AccountImage {
  return Object.fromEntries(step.changes.map(({ field, to }) => [field, to ?? '']));
}

/** What a caller may show and log of a change: names, never personal values. */
export type ChangeSummary = {
  readonly field: string;
  readonly title: string;
  readonly effect: Change['effect'];
  readonly done: boolean;
};

export function summarize(
  fields: Readonly<Record<string, Field>>,
  step: PlannedStep,
  done: boolean,
): readonly ChangeSummary[] {
  return step.changes.map(({ field, effect }) => ({
    field,
    title: fields[field]?.title ?? field,
    effect,
    done,
  }));
}
