import { earliest } from '../base/index.ts';
import type { Decision, IdentityFacts, Person } from '../model/index.ts';
import type { Registry } from '../relying-parties/index.ts';

/** One role of the person at one relying party, with its final end. */
export type WantedAccess = {
  readonly relyingParty: string;
  readonly role: string;
  readonly ends?: Date;
  /** Ids of the rules or access grants that give it. */
  readonly because: readonly string[];
};

/** What policy wants of a person's account in one target. */
export type Wanted =
  | { readonly outcome: 'access'; readonly accesses: readonly WantedAccess[] }
  | {
      readonly outcome: 'end';
      /** `paused`: a window will open again (R3.3). */
      readonly kind: 'paused' | 'ended';
      readonly because: string;
      /** Nothing said so explicitly; the reason is just not there any more (R5.4). */
      readonly isInferred: boolean;
    }
  /** A rule asks for something that only a sign-in tells: nothing is changed without one. */
  | { readonly outcome: 'undecided'; readonly about: string };

/** Roles and their ends at every relying party of the target that lets the person in (R4.5). */
export function accessesAt(
  target: string,
  decisions: ReadonlyMap<string, Decision>,
  registry: Registry,
): readonly WantedAccess[] {
  return registry.enteringBy(target).flatMap(({ id }) => {
    const decision = decisions.get(id);
    if (decision?.outcome !== 'allow') return [];
    return decision.entitlement.roles.map(({ id: role, until, because }) => ({
      ...{ relyingParty: id, role, because },
      ...(until && { ends: until }),
    }));
  });
}

/** Without an identity no sign-in stands behind the decisions, and what failed for lack of one stays open. */
export function wantedAt(
  target: string,
  subject: { readonly person: Person; readonly identity?: IdentityFacts },
  decisions: ReadonlyMap<string, Decision>,
  registry: Registry,
): Wanted {
  const there = registry.enteringBy(target).flatMap(({ id }) => decisions.get(id) ?? []);
  if (subject.person.status === 'disabled') {
    return { outcome: 'end', kind: 'ended', because: 'policy.person_disabled', isInferred: false };
  }
  const failure = there.flatMap(({ facts }) => facts).find(({ kind }) => kind === 'failure');
  if (!subject.identity && failure) return { outcome: 'undecided', about: failure.about };
  const accesses = accessesAt(target, decisions, registry);
  if (accesses.length > 0) return { outcome: 'access', accesses };
  const denials = there.flatMap((decision) => (decision.outcome === 'deny' ? [decision] : []));
  const waiting = denials.find(({ code }) => code === 'policy.outside_window');
  if (waiting) return { outcome: 'end', kind: 'paused', because: waiting.code, isInferred: false };
  const ended = denials.find(({ code }) => code === 'policy.ended') ?? denials[0];
  const because = ended ? `${ended.code}: ${ended.reason.about}` : 'policy.no_rule';
  return { outcome: 'end', kind: 'ended', because, isInferred: ended?.code !== 'policy.ended' };
}

/**
 * What a person's account is to be, by all identities that stand beside each other: each decides alone, for claims are
 * never merged (R1.5), and what one of them gives is not taken away because another does not give it. What rules ask of
 * a sign-in, or of an attribute that another source does not have, the others do not give.
 *
 * @param own by the identity that was confirmed last: where all of them end, its reason is told.
 */
export function wantedByAll(
  own: Wanted,
  others: readonly { readonly wanted: Wanted; readonly accesses: readonly WantedAccess[] }[],
): Wanted {
  if (own.outcome === 'undecided') return own;
  const given = own.outcome === 'access' ? own.accesses : [];
  const accesses = joined([given, ...others.map((other) => other.accesses)]);
  if (accesses.length > 0) return { outcome: 'access', accesses };
  const paused = others.find(({ wanted }) => wanted.outcome === 'end' && wanted.kind === 'paused');
  return paused?.wanted ?? own;
}

/** The same role of several identities is held until the last of them lets it go. */
export function joined(views: readonly (readonly WantedAccess[])[]): readonly WantedAccess[] {
  const held = new Map<string, WantedAccess>();
  for (const access of views.flat()) {
    const key = `${access.relyingParty}\n${access.role}`;
    const before = held.get(key);
    held.set(key, before ? longer(before, access) : access);
  }
  return [...held.values()];
}

function longer(a: WantedAccess, b: WantedAccess): WantedAccess {
  const { relyingParty, role } = a;
  const ends = a.ends && b.ends && (a.ends > b.ends ? a.ends : b.ends);
  const because = [...new Set([...a.because, ...b.because])];
  return { relyingParty, role, because, ...(ends && { ends }) };
}

/** When the first of what the person has in any target ends, or its window closes; then it is to be looked at again. */
export function nextEdge(decisions: ReadonlyMap<string, Decision>, registry: Registry): Date | undefined {
  const doors = registry.targets().flatMap(({ id }) => registry.enteringBy(id));
  return earliest(
    ...doors.map(({ id }) => {
      const decision = decisions.get(id);
      return decision?.outcome === 'allow' ? decision.entitlement.ends : undefined;
    }),
  );
}
