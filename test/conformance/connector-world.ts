import type { Person } from '../../src/model/index.ts';
import type { Authority } from '../../src/provisioning/connector/account-image.ts';
import type { Access, OpenTarget } from '../../src/provisioning/connector/connector.ts';

/** How the target may misbehave for the next requests. */
export type TargetFault =
  | 'lost-reply'
  | 'refuse-connection'
  | 'server-error'
  | 'html-error'
  | 'rate-limited'
  | 'rate-limited-without-headers'
  | 'revoked-token'
  | 'never-answers';

/** What an implementation brings to be held to the contract. Each optional member adds tests. */
export interface ConnectorWorld extends AsyncDisposable {
  /** Open and prepared. */
  readonly target: OpenTarget;
  /** A person whom the target accepts, different at each call. */
  person(change?: Partial<Person>): Person;
  /** Two sets of accesses, the second with less than the first and another role. */
  readonly accesses: readonly Access[];
  readonly fewerAccesses: readonly Access[];
  fail(fault: TargetFault | undefined): void;
  /** Removes the account behind our back. */
  remove(externalId: string): void;

  /** Requests that creating, looking by mail and looking by id cost, each. */
  readonly requestsPerOperation?: number;
  /** What creating an account that exists answers. Default `told`; some targets cannot tell it from the first time. */
  readonly duplicates?: 'told' | 'same-account';
  /** Lets the target's clock and ours go on, so that a limit of its rate is over. */
  pass?(ms: number): void;
  /** An account that somebody else makes with this mail address, where the accesses lead. @returns its id. */
  makeByHand?(mail: string): string | Promise<string>;
  /** Somebody changes in the target what we manage there. */
  changeByHand?(externalId: string): void | Promise<void>;
  /** Somebody adds a member to a set of which roles give members. */
  addMemberByHand?(externalId: string): Member | Promise<Member>;
  /** A detail that people change in the target, and the same target with a say in whose value counts. */
  readonly detail?: {
    readonly field: string;
    change(externalId: string): void | Promise<void>;
    clear?(externalId: string): void | Promise<void>;
    withAuthority(authority: Authority): Promise<OpenTarget>;
  };
  /** Makes so many accounts that a list of all has several pages. */
  crowd?(): void | Promise<void>;
}

export type Member = { readonly field: string; readonly member: string };
