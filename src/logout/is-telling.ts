import type { PersonId } from '../base/index.ts';
import type { EndingDeps } from './deps.ts';
import { FINISH } from './finish.ts';
import { TELL } from './tell.ts';

/**
 * What is to be told is sealed for the person: who erases them waits until it was told, or given up, and until a browser
 * that was to ask relying parties came back, or did not (R6.2).
 */
export async function isTelling(personId: PersonId, { jobs }: Pick<EndingDeps, 'jobs'>): Promise<boolean> {
  for (const kind of [TELL, FINISH]) {
    const [first] = await jobs.list({ kind, sealedFor: personId, limit: 1 });
    if (first !== undefined && first.state !== 'dead') return true;
  }
  return false;
}
