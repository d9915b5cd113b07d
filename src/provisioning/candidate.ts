import type { PersonId } from '../base/index.ts';

/** An existing account that waits until an administrator lets the person have it (R1.3). */
export type Candidate = {
  readonly target: string;
  readonly person: PersonId;
  /** The target's own id of the existing account. */
  readonly externalId: string;
  readonly isApproved: boolean;
};
