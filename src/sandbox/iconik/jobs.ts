import type { Iconik } from './server.ts';

/** Does later what the API accepts with 202; how much later is the switch `jobSeconds`. */
export function addJob(iconik: Iconik, title: string, run: () => void): void {
  const { needs, switches, store } = iconik;
  const due = needs.clock.now().getTime() + switches.positions.jobSeconds * 1_000;
  store.jobs.push({ due, title, run });
  runDueJobs(iconik);
}

/** @returns how many ran. Called before anything is looked at, so that nothing needs a timer. */
export function runDueJobs({ needs, store }: Iconik, until: number = needs.clock.now().getTime()): number {
  const due = store.jobs.filter((job) => job.due <= until);
  store.jobs = store.jobs.filter((job) => job.due > until);
  for (const job of due) job.run();
  return due.length;
}
