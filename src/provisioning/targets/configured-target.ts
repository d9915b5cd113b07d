import type { Actor } from '../../access-log/index.ts';
import type { SetUpAnswer, TargetParty } from '../connector/connector.ts';

/** One target of the configuration; `settings` and `access` are outputs of the connector's own schemas. */
export type ConfiguredTarget = {
  readonly id: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly relyingParties: readonly TargetParty[];
};

/** Who asked for a set-up; stands in the event. */
export type SetUpOptions = { readonly by: Actor; readonly thread: string };

export type SetUpTarget =
  | SetUpAnswer
  /** This kind of target cannot be told whom to trust; somebody does it there. */
  | { readonly outcome: 'not-offered' };
