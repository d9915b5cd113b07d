import { accessEvents } from '../access-log/index.ts';
import type { Answer } from '../issuing/index.ts';
import type { EndingDeps } from './deps.ts';
import type { LogoutRun, NextStep } from './run.ts';
import { aboutParty } from './tell.ts';

/**
 * Makes the message that the browser carries to one relying party. When it cannot be made, the relying party counts
 * as not asked, and the next one is on.
 */
export async function askParty(
  run: LogoutRun,
  { index, party: left }: Extract<NextStep, { kind: 'ask' }>,
  deps: EndingDeps,
): Promise<Answer | undefined> {
  const { runs, partyLogout, accessLog, log } = deps;
  const how = partyLogout(left.relyingParty);
  // Before anything else: a reload goes on to the next one, and never asks twice.
  await runs.setState(run.handle, index, 'asking');
  if (how.kind !== 'front-channel') return undefined;
  try {
    const { messageId, answer } = await how.ask(left.party);
    await runs.waitFor(messageId, { run: run.handle, part: index, peer: left.relyingParty });
    const about = aboutParty(run, left.relyingParty, left.session);
    await accessLog.append(
      accessEvents.logoutSent({
        ...about,
        facts: { to: 'relying party', binding: how.binding, message: messageId },
      }),
    );
    return answer;
  } catch (error) {
    log.warn('a relying party cannot be asked to end its session', {
      relyingParty: left.relyingParty,
      error,
    });
    return undefined;
  }
}
