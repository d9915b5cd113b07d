import { accessEvents, type LoginStage } from '../../access-log/index.ts';
import type { RelyingParty } from '../../relying-parties/index.ts';
import type { Exit, SignedIn, State, StateAt } from '../state.ts';

export type Refused = Extract<Exit, { kind: 'refused' }>;

/** Ends a run of somebody who is signed in with a refusal: its event, and the page that says the same. */
export function turnAway(
  state: Pick<State, 'login' | 'events' | 'opened'> & {
    readonly signedIn: SignedIn;
    readonly relyingParty: RelyingParty;
  },
  stage: LoginStage,
  exit: Omit<Refused, 'kind'>,
): StateAt<'record'> {
  const { login, signedIn, relyingParty, opened, events } = state;
  const event = accessEvents.loginRefused({
    thread: login.id,
    code: exit.code,
    personId: signedIn.person.id,
    connection: signedIn.session.connection,
    relyingParty: relyingParty.id,
    session: signedIn.session.id,
    facts: { stage },
    personal: { address: login.address, userAgent: login.userAgent },
  });
  return {
    ...{ stage: 'record', login, signedIn, relyingParty, events: [...events, event] },
    ...(opened && { opened }),
    exit: { kind: 'refused', ...exit },
  };
}

/** The request of a relying party that this run should answer was answered already, or waited too long. */
export const REQUEST_OVER = {
  ...{ status: 400, code: 'login.request_over', retry: true },
  reason: 'This sign-in took too long, or it was already used. For your safety each one works once.',
  next: ['Start again, and you come to the same place.'],
} as const;
