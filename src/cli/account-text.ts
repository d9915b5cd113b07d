import type { PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import { type ProvisioningRefusal, refusalAdvice } from '../provisioning/index.ts';
import type { Followed } from './await-accounts.ts';
import { counted } from './counted.ts';
import { nameIn } from './people.ts';

/** `Mira Lindqvist (mira)  provisioning.target_error, 1 try, next try 2026-03-02 09:00:05Z` */
export function describeFollowed(each: Followed, people: ReadonlyMap<PersonId, Person>): string {
  return `${nameIn(people, each.person)}  ${statusOf(each)}`;
}

/** Why it is not through, what was tried, and what comes next. */
export function statusOf(each: Followed): string {
  const { state, code, job, target } = each;
  if (state === 'refused') return `refused: ${code}: ${refusalAdvice(code as ProvisioningRefusal)}`;
  if (state === 'blocked') return `waits for people in the target: vestibule tasks ${target}${nextTry(each)}`;
  const reason = code ?? job?.failure;
  if (job?.state === 'dead') {
    return `given up after ${tries(job.attempts)}: ${reason}; vestibule queue replay ${job.id}`;
  }
  if (job?.state === 'running') return 'being worked on';
  if (state === 'done') return `${each.isEnding ? 'access is over' : 'as it should be'}${nextLook(each)}`;
  if (!job) return `${reason ?? 'not done'}; nothing is queued for it: vestibule apply ${target}`;
  const tried = job.attempts === 0 ? 'not tried yet' : tries(job.attempts);
  return `${reason ?? waiting(each)}, ${tried}${nextTry(each)}`;
}

function waiting({ isEnding }: Followed): string {
  return isEnding ? 'access ends' : 'waits for its turn';
}

function nextTry({ job }: Followed): string {
  return job?.state === 'waiting' ? `, next ${instant(job.runAt)}` : '';
}

function nextLook({ job }: Followed): string {
  return job?.state === 'waiting' ? `; looked at again ${instant(job.runAt)}` : '';
}

function tries(count: number): string {
  return counted(count, 'try', 'tries');
}

/** `2026-03-02 09:00:05Z` */
export function instant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
