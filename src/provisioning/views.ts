import type { AccountId, Json, PersonId } from '../base/index.ts';
import type { Seats } from './connector/connector.ts';
import type { Ending } from './connector/ladder.ts';
import type { TaskKind } from './tables.ts';

export type TaskView = {
  readonly id: string;
  readonly accountId: string;
  readonly target: string;
  readonly person: PersonId;
  readonly kind: TaskKind;
  readonly field: string;
  readonly title: string;
  /** Personal: the difference or the reasons. */
  readonly detail: Readonly<Record<string, Json>>;
  readonly thread: string;
  readonly openedAt: Date;
};

export type Forecast = {
  /** Accounts with something still to do. */
  readonly waiting: number;
  /** Of these, ends and other reductions: they go first. */
  readonly urgent: number;
  /** About how many calls that takes. */
  readonly calls: number;
  /** What the target still takes in its present window; absent without a documented rate. */
  readonly callsLeft?: number;
  /** About when the queue is through; absent without a documented rate or when nothing waits. */
  readonly throughAt?: Date;
  /** Of a target that counts them: what was bought and what is used, as it was read last. */
  readonly seats?: readonly Seats[];
};

export type AccountView = {
  readonly accountId: AccountId;
  readonly externalId?: string;
  readonly confirmedAt?: Date;
  readonly openSteps: number;
  /** Existing account that waits for an administrator's approval (R1.3). */
  readonly candidate?: string;
  /** Access is over: since when, why, and the rungs that hold. */
  readonly ending?: Ending & { readonly because: string };
};
