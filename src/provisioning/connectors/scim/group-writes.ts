import type { Json } from '../../../base/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { KeyedLimit } from '../../targets/keyed-limit.ts';
import { type Dialects, isAboutForm } from './dialects.ts';
import type { Objection } from './failures.ts';
import { memberIds } from './membership.ts';
import { type Patch, sendPatch } from './patch.ts';
import {
  GROUP_SCHEMA,
  member,
  nameIn,
  quoted,
  type Raw,
  type Resource,
  referredId,
  textOf,
  valuesOf,
} from './resource.ts';
import type { ResourceAnswer, ScimServer } from './scim-server.ts';
import type { Operation } from './user-body.ts';
import { doubtAbout } from './whole-lists.ts';
import { isOutOfDate, type Refusal, refusalOf } from './write-outcome.ts';

export type MemberChange = {
  readonly kind: 'add' | 'remove';
  readonly group: string;
  readonly user: string;
};
export type MemberAnswer =
  /** `wrote` is false when there was nothing to do. */
  { readonly outcome: 'done'; readonly wrote: boolean } | Refusal;

const DONE: MemberAnswer = { outcome: 'done', wrote: true };
const NOTHING: MemberAnswer = { outcome: 'done', wrote: false };
const MOST_ATTEMPTS = 4;

/** Members of groups, one at a time where the server can. Adding who is in and removing who is not are done at once. */
export class GroupWrites {
  readonly #server: ScimServer;
  readonly #dialects: Dialects;
  readonly #turns = new KeyedLimit();
  /** What has worked with one member at a time: a refusal then means what it says. */
  readonly #oneByOneWorks = new Set<MemberChange['kind']>();

  constructor(server: ScimServer, dialects: Dialects) {
    this.#server = server;
    this.#dialects = dialects;
  }

  async change(change: MemberChange, budget: CallBudget): Promise<MemberAnswer> {
    const { traits } = this.#server;
    if (!traits.patches || traits.replacesMembers) return this.#changeWhole(change, budget);
    const answer = await this.#changeOne(change, budget);
    if (answer.outcome === 'resource' || answer.outcome === 'silent') {
      this.#oneByOneWorks.add(change.kind);
      return DONE;
    }
    if (answer.outcome === 'unavailable') return answer;
    if (answer.status === 405 || answer.status === 501) {
      traits.learn({ noPatch: true });
      return traits.patches ? refusalOf(answer, false) : this.#changeWhole(change, budget);
    }
    const mayBeForm = isAboutForm(answer) && !this.#oneByOneWorks.has(change.kind);
    if (!mayBeForm || this.#server.settings.server.members !== 'auto') return settled(change, answer);
    const whole = await this.#changeWhole(change, budget);
    if (whole.outcome === 'done' && whole.wrote) traits.learn({ wholeMembers: true });
    if (whole.outcome === 'blocked') {
      return { ...whole, reasons: [...whole.reasons, ...aloneRefused(change, answer)] };
    }
    return whole.outcome === 'invalid' ? settled(change, answer) : whole;
  }

  #changeOne(change: MemberChange, budget: CallBudget): Promise<ResourceAnswer> {
    const isNamed = change.kind === 'add' || this.#server.traits.removesByValue;
    const operation: Operation = isNamed
      ? { op: change.kind, path: 'members', value: [{ value: change.user }] }
      : { op: 'remove', path: `members[value eq ${quoted(change.user)}]` };
    const isDone = ({ scimType }: Objection): boolean => change.kind === 'remove' && scimType === 'notarget';
    return this.#patch(change.group, operation, { isDone }, budget);
  }

  #patch(
    group: string,
    operation: Operation,
    options: Pick<Patch, 'isDone' | 'ifMatch'>,
    budget: CallBudget,
  ): Promise<ResourceAnswer> {
    const plain = {
      operations: () => [operation],
      matters: ['capitalised'],
    } as const;
    return sendPatch(
      this.#server,
      this.#dialects,
      { kind: 'groups', id: group, ...plain, ...options },
      budget,
    );
  }

  /**
   * One at a time for each group: without ETags two of them at once would lose a member. Between processes only
   * `If-Match` helps.
   */
  async #changeWhole(change: MemberChange, budget: CallBudget): Promise<MemberAnswer> {
    const turn = await this.#turns.run(change.group, budget.remainingMs(), () =>
      this.#rewrite(change, budget),
    );
    return turn?.value ?? { outcome: 'unavailable', code: 'provisioning.slow', maybeApplied: false };
  }

  /** Read, change, write the list; again when somebody else wrote meanwhile. */
  async #rewrite(change: MemberChange, budget: CallBudget): Promise<MemberAnswer> {
    const { traits } = this.#server;
    let refused: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const seen = await this.#see(change.group, budget);
      if (seen.outcome !== 'resource') {
        return seen.outcome === 'silent' ? UNREADABLE : settled(change, seen);
      }
      const { resource } = seen;
      const isIn = memberIds(resource).includes(change.user);
      if (isIn && change.kind === 'add') return NOTHING;
      const doubt = doubtAbout(resource, traits);
      if (doubt !== undefined) return { outcome: 'blocked', reasons: [doubt] };
      if (!isIn && change.kind === 'remove') return NOTHING;
      if (refused !== undefined && refused === resource.version) traits.learn({ noEtags: true });
      const ifMatch = traits.sendsEtags ? resource.version : undefined;
      const answer = await this.#writeWhole(resource, membersAfter(resource, change), ifMatch, budget);
      const isDone = answer.outcome === 'resource' || answer.outcome === 'silent';
      const isRace = !isDone && isOutOfDate(answer);
      if (!isRace) traits.wroteMembers(change.group);
      if (isDone) return DONE;
      const lacksPatch =
        answer.outcome === 'objection' && (answer.status === 405 || answer.status === 501) && traits.patches;
      if (lacksPatch) traits.learn({ noPatch: true });
      if (attempt >= MOST_ATTEMPTS || !(isRace || (lacksPatch && !traits.patches)))
        return settled(change, answer);
      refused = isRace ? ifMatch : undefined;
    }
  }

  /** Members may be shown only to those who ask for them. */
  async #see(group: string, budget: CallBudget): Promise<ResourceAnswer> {
    const seen = await this.#server.get('groups', group, {}, budget);
    if (seen.outcome !== 'resource' || member(seen.resource.raw, 'members') !== undefined) return seen;
    const asked = await this.#server.get('groups', group, { attributes: 'members' }, budget);
    if (asked.outcome === 'objection') return seen;
    if (asked.outcome !== 'resource') return asked;
    const members = member(asked.resource.raw, 'members');
    if (members === undefined) return seen;
    return { ...seen, resource: { ...seen.resource, raw: { ...seen.resource.raw, members } } };
  }

  #writeWhole(
    group: Resource,
    members: readonly unknown[],
    ifMatch: string | undefined,
    budget: CallBudget,
  ): Promise<ResourceAnswer> {
    // What came as JSON is JSON.
    const value = members as readonly Json[];
    if (this.#server.traits.patches) {
      return this.#patch(group.id, { op: 'replace', path: 'members', value }, { ifMatch }, budget);
    }
    const body = wholeGroup(group.raw, value);
    return this.#server.write('PUT', 'groups', group.id, { body, ifMatch }, budget);
  }
}

const UNREADABLE: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.bad_answer',
  maybeApplied: false,
};

function aloneRefused({ kind }: MemberChange, { status, scimType }: Objection): readonly string[] {
  const refused = `It refused to change one member alone: ${`status ${status} ${scimType}`.trim()}.`;
  return kind === 'add' ? [refused] : [refused, BY_VALUE];
}

const BY_VALUE =
  'If its documentation says that a removal with the path members removes those whom its value names, set server.removeMember: value.';

/** Nobody is a member of a group that is gone; nobody can become one either. Who is one already needs nothing. */
function settled(change: MemberChange, answer: Objection | CallFailed): MemberAnswer {
  const isIn = answer.outcome === 'objection' && (answer.saysTaken || answer.scimType === 'uniqueness');
  if (isIn && change.kind === 'add') return NOTHING;
  const isGone = answer.outcome === 'objection' && (answer.status === 404 || answer.status === 410);
  if (!isGone) return refusalOf(answer, false);
  return change.kind === 'remove' ? NOTHING : { outcome: 'invalid', detail: 'a group is not there any more' };
}

/** What a member is called is the server's to say. */
function membersAfter(group: Resource, { kind, user }: MemberChange): readonly unknown[] {
  const others = valuesOf(group.raw, 'members')
    .filter((each) => referredId(each) !== user)
    .map((each) => {
      const type = textOf(member(each, 'type'));
      return { value: referredId(each), ...(type !== '' && { type }) };
    });
  return kind === 'add' ? [...others, { value: user }] : others;
}

function wholeGroup(raw: Raw, members: readonly Json[]): { readonly [name: string]: Json | undefined } {
  const { [nameIn(raw, 'meta')]: _meta, [nameIn(raw, 'members')]: _members, ...rest } = raw;
  const schemas = valuesOf(raw, 'schemas');
  return { ...rest, schemas: schemas.length > 0 ? schemas : [GROUP_SCHEMA], members } as {
    readonly [name: string]: Json | undefined;
  };
}
