/**
 * launchpad: the page of the person signed in: what they may open, what is closed and why, their sessions and
 * recent sign-ins, and signing out with the truth about what really ended.
 *
 * Shows and asks; deciding, opening and recording belong to the rooms below.
 */

export type { HistoryEntry } from './page.ts';
export { type LaunchpadDeps, launchpadRoutes } from './routes.ts';
