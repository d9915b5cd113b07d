import { accessEvents } from '../access-log/index.ts';
import type { EndingDeps } from './deps.ts';
import type { OpenMessage } from './run-store.ts';
import { aboutParty } from './tell.ts';

type Answered = { readonly by: string; readonly status: 'success' | 'partial' | 'failed' };

const STATES = { success: 'confirmed', partial: 'partial', failed: 'refused' } as const;

/** What a relying party or upstream answered in the browser, kept and recorded. */
export async function recordAnswer(
  { run: handle, part }: OpenMessage,
  { by, status }: Answered,
  deps: EndingDeps,
): Promise<void> {
  const isOver = status !== 'failed';
  await deps.runs.setState(handle, part, STATES[status]);
  const run = await deps.runs.find(handle);
  if (!run) return;
  const left = part === 'upstream' ? undefined : run.parties[part];
  const about = left
    ? aboutParty(run, left.relyingParty, left.session)
    : { thread: run.thread, connection: by, ...(run.personId && { personId: run.personId }) };
  await deps.accessLog.append(
    isOver
      ? accessEvents.logoutConfirmed({
          ...about,
          facts: { by, ...(status === 'partial' && { partial: true }) },
        })
      : accessEvents.logoutFailed({ ...about, code: 'logout.refused_there', facts: { to: by } }),
  );
}
