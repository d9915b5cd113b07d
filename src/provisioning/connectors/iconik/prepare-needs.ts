import type { Clock } from '../../../base/index.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { IconikTarget } from './config.ts';
import type { IconikFacts } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import type { NamedByRoles } from './roles.ts';

/** What getting to know a domain leans on. */
export type PrepareNeeds = {
  /** Id of the target. */
  readonly id: string;
  readonly api: IconikApi;
  readonly clock: Clock;
  readonly settings: IconikTarget;
  readonly named: NamedByRoles;
  readonly budget: CallBudget;
  /** What was known before. */
  readonly before: IconikFacts;
};
