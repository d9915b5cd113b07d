import type { Traits } from './facts.ts';
import { memberIds } from './membership.ts';
import { member, type Raw, type Resource, textOf, truthOf, valuesOf } from './resource.ts';

/** How many members a group says that it has, where it tells, and what says that the list goes on elsewhere. */
const COUNT = /^(?:members?_?(?:count|total)|total_?members?)$/i;
const MORE = /^members\W?.*(?:next_?link|next_?cursor|has_?more|truncated)$/i;

/**
 * Why the list of members that a group shows must not be written back: what is not shown would be lost. An empty list
 * is believed once the group has shown members, or when it says that it is empty on a server that shows members of
 * others; many servers never show any. Whoever configures `replace` knows the lists to be ours.
 *
 * @returns undefined when the list may be written.
 */
export function doubtAbout(group: Resource, traits: Traits): string | undefined {
  switch (traits.membersSetting) {
    case 'replace':
      return undefined;
    case 'one-by-one':
      return NEVER_WHOLE;
    case 'auto':
      if (isPartial(group.raw) || memberIds(group).includes('')) return PARTIAL;
      return isBelieved(group, traits) ? undefined : HIDDEN;
  }
}

function isBelieved({ id, raw }: Resource, traits: Traits): boolean {
  if (valuesOf(raw, 'members').length > 0) return true;
  const { groupsSeen } = traits.facts;
  if (groupsSeen.includes(id) || traits.isNew(id)) return true;
  return Array.isArray(member(raw, 'members')) && groupsSeen.length > 0;
}

function isPartial(raw: Raw): boolean {
  const shown = valuesOf(raw, 'members').length;
  return Object.entries(raw).some(([name, value]) => {
    if (COUNT.test(name)) return Number(textOf(value)) > shown;
    return MORE.test(name) && textOf(value) !== '' && truthOf(value) !== false;
  });
}

const HIDDEN =
  'The server takes only whole lists of members, and shows none of a group that may have some; writing the list could remove everybody else. If the group is empty, put one member in by hand. If only the broker decides who is in it, set server.members: replace.';
const PARTIAL =
  'The server takes only whole lists of members, and does not show all of them so that they could be written back; writing the list would remove the others. Change the group by hand, or set server.members: replace if only the broker decides who is in it.';
const NEVER_WHOLE =
  'The server does not take one member at a time, and server.members: one-by-one forbids whole lists. Change the group by hand, or set server.members: auto.';
