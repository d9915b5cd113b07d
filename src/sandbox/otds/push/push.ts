import type { DirectoryPerson } from '../../cast.ts';
import type { PersonEvent } from '../../people.ts';
import type { Otds } from '../server.ts';
import { createJobQueue, type Settled } from './job-queue.ts';
import { createRemote, type Remote } from './remote.ts';
import type { Exchange } from './scim-client.ts';

/**
 * The SCIM 2.0 resource connector: tells the broker about every change of people and groups, once the broker's
 * SCIM address is registered. A change that is refused stays unsent until the next consolidation.
 */
export interface Push {
  /** Sends what waits; resolves when nothing waits any more. */
  settle(): Promise<Settled>;
  /** Sends everybody and every group again; receivers must take a create for somebody they know. */
  consolidate(): Promise<Settled>;
  waiting(): readonly string[];
  exchanges(): readonly Exchange[];
  reset(): void;
}

type Enqueue = (about: string, run: () => Promise<boolean>) => void;

export function createPush(otds: Otds): Push {
  const { positions } = otds.switches;
  const remote = createRemote(otds);
  const queue = createJobQueue(() => positions.scimOrder);
  const enqueue: Enqueue = (about, run) => {
    if (otds.needs.broker().scim && positions.scimPush !== 'off') queue.add({ about, run });
  };
  otds.needs.people.onChange((event) => {
    enqueueEvent(otds, remote, enqueue, event);
    if (positions.scimPush === 'at-once') queue.start();
  });
  return {
    settle: queue.settle,
    consolidate: () => {
      const people = otds.needs.people.all();
      for (const person of people) enqueue(`create ${person.login}`, () => remote.createUser(person));
      const groups = new Set(positions.scimGroups ? people.flatMap((person) => person.groups) : []);
      for (const group of groups) enqueue(`group ${group}`, () => remote.putGroup(group));
      return queue.settle();
    },
    waiting: queue.waiting,
    exchanges: remote.exchanges,
    reset: () => {
      queue.clear();
      remote.reset();
    },
  };
}

/** A new uuid is a new object: the old one is deleted and another created, whatever the name says. */
function enqueueEvent(
  otds: Otds,
  remote: Remote,
  enqueue: Enqueue,
  { kind, person, before }: PersonEvent,
): void {
  const { scimDelete, scimGroups } = otds.switches.positions;
  const gone = kind === 'deleted' ? person : before?.uuid === person.uuid ? undefined : before;
  if (gone && scimDelete === 'send') enqueue(`delete ${gone.login}`, () => remote.deleteUser(gone));
  if (kind === 'deleted') return;
  if (before && !gone) enqueue(`update ${person.login}`, () => remote.updateUser(before, person));
  else enqueue(`create ${person.login}`, () => remote.createUser(person));
  if (scimGroups) enqueueMemberships(remote, enqueue, before && !gone ? before.groups : [], person);
}

function enqueueMemberships(
  remote: Remote,
  enqueue: Enqueue,
  before: readonly string[],
  person: DirectoryPerson,
): void {
  for (const group of person.groups.filter((each) => !before.includes(each))) {
    enqueue(`${person.login} joins ${group}`, () => remote.changeMember(group, 'add', person));
  }
  for (const group of before.filter((each) => !person.groups.includes(each))) {
    enqueue(`${person.login} leaves ${group}`, () => remote.changeMember(group, 'remove', person));
  }
}
