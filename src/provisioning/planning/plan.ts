import type { Json } from '../../base/index.ts';
import {
  type AccountImage,
  EVERYTHING,
  type Field,
  type Given,
  isEmpty,
  sameValue,
} from '../connector/account-image.ts';
import type { OpenTarget } from '../connector/connector.ts';

/** One field that differs. `reduces` unless it provably only adds (R5.2). */
export type Change = {
  readonly field: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
  /** `by-hand`: nobody can write it over an API; a task for people. */
  readonly effect: 'adds' | 'reduces' | 'detail' | 'by-hand';
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

type Differing = Pick<OpenTarget, 'fields' | 'authority' | 'managed'>;

export type DiffOptions = {
  /** Did the target refuse this very value of a field before? */
  readonly isRejected?: (field: string, value: Json) => boolean;
  /** Members of sets that we gave (members: 'given'). */
  readonly given?: Given;
  /** What to do about members that others added. Default `leave`. */
  readonly onExtra?: 'leave' | 'remove';
};

/** What must change so that `current` becomes `desired`. Fields that are not desired are left alone. Pure. */
export function diff(
  target: Differing,
  current: AccountImage,
  desired: AccountImage,
  options: DiffOptions = {},
): readonly Change[] {
  const changes: Change[] = [];
  for (const [name, wanted] of Object.entries(desired)) {
    const field = target.fields[name];
    const from = current[name];
    if (wanted === undefined || !field) continue;
    const to = options.onExtra === 'remove' ? wanted : withExtras(target, name, from, wanted, options.given);
    if (sameValue(field, from, to)) continue;
    if (field.kind === 'detail') {
      if (staysAsItIs(target.authority(name), from) || options.isRejected?.(name, to)) continue;
    }
    changes.push({ field: name, from, to, effect: effectOf(field, from, to) });
  }
  return changes;
}

/** Members that neither a role names nor we gave: somebody added them by hand in the target. */
export function extrasOf(
  target: Differing,
  name: string,
  from: Json | undefined,
  wanted: Json,
  given: Given = {},
): readonly string[] {
  if (target.fields[name]?.members !== 'given') return [];
  const ours = new Set([...members(wanted), ...(target.managed?.(name) ?? []), ...(given[name] ?? [])]);
  return members(from).filter((member) => !ours.has(member));
}

function withExtras(
  target: Differing,
  name: string,
  from: Json | undefined,
  wanted: Json,
  given: Given | undefined,
): Json {
  const extras = extrasOf(target, name, from, wanted, given);
  return extras.length === 0 ? wanted : [...new Set([...members(wanted), ...extras])].sort();
}

export function members(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function staysAsItIs(authority: ReturnType<OpenTarget['authority']>, from: Json | undefined): boolean {
  return authority === 'target' || (authority === 'first' && !isEmpty(from));
}

function effectOf(field: Field, from: Json | undefined, to: Json): Change['effect'] {
  if (field.byHand) return 'by-hand';
  if (field.kind === 'detail') return 'detail';
  if (isEmpty(from)) return 'adds';
  if (field.kind === 'exclusive') return 'reduces';
  return loses(from, to) ? 'reduces' : 'adds';
}

/** Does the set lose a member? A set of everything loses by becoming any list. */
function loses(from: Json | undefined, to: Json): boolean {
  const after = members(to);
  if (after.includes(EVERYTHING)) return false;
  return members(from).some((member) => !after.includes(member));
}

/**
 * Puts changes into requests: what takes access away, what changes it, what gives it, then details; each in the
 * connector's order of calls. One request may take and give at once, unless members travel one by one.
 */
export function planSteps(
  target: Pick<OpenTarget, 'fields' | 'calls'>,
  changes: readonly Change[],
): readonly PlannedStep[] {
  const steps: PlannedStep[] = [];
  const parts = changes.flatMap((change) => splitSet(target.fields[change.field], change));
  for (const call of target.calls) {
    const own = parts.filter(
      ({ field, effect }) => target.fields[field]?.call === call && effect !== 'by-hand',
    );
    const split = own.filter(({ field }) => target.fields[field]?.splits);
    const whole = own.filter(({ field }) => !target.fields[field]?.splits);
    for (const changes of [
      split.filter(({ effect }) => effect === 'reduces'),
      whole.filter(({ effect }) => effect !== 'detail'),
      split.filter(({ effect }) => effect === 'adds'),
      own.filter(({ effect }) => effect === 'detail'),
    ]) {
      const [first] = changes;
      if (first) steps.push({ call, purpose: first.effect === 'detail' ? 'detail' : 'access', changes });
    }
  }
  return steps.toSorted((a, b) => rank(a) - rank(b));
}

/** A set whose members travel one by one first loses, then gains. */
function splitSet(field: Field | undefined, change: Change): readonly Change[] {
  if (!field?.splits || change.effect !== 'reduces') return [change];
  const after = members(change.to);
  const before = members(change.from);
  const kept = before.filter((member) => after.includes(member));
  const less: Change = { ...change, to: kept };
  const more: Change = { ...change, from: kept, effect: 'adds' };
  return kept.length === after.length ? [less] : [less, more];
}

/** Removals, then changes, then additions, then details (R5.2). */
function rank({ purpose, changes }: PlannedStep): number {
  if (purpose === 'detail') return 3;
  if (changes.some(({ effect, to, from }) => effect === 'reduces' && (isEmpty(to) || Array.isArray(from)))) {
    return 0;
  }
  return changes.some(({ effect }) => effect === 'reduces') ? 1 : 2;
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
