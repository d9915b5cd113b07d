/**
 * reconcile: the middle that a sign-in and the lifecycle share: decide, then apply to the target.
 *
 * Owns the order (decision before anything is made, DESIGN §1.1) and the view across relying parties: an account
 * lives in a target that several relying parties may enter, so all of them are decided before it is made right.
 * Knows no browser and issues nothing.
 */
export {
  type AccountPort,
  type ApplyOutcome,
  createReconcile,
  type KnownSubject,
  type PolicyPort,
  type Reconcile,
  type ReconcileDeps,
  type Subject,
} from './reconcile.ts';
export { accessesAt, type Wanted, type WantedAccess, wantedAt } from './wanted.ts';
