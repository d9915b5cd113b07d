import type { Registry } from '../relying-parties/index.ts';
import type { PartyLogouts } from './ports.ts';
import {
  isComplete,
  isStalled,
  type LeftParty,
  type NextStep,
  nextStep,
  type PartState,
  type Progress,
} from './run.ts';

export type PageNeeds = {
  readonly registry: Pick<Registry, 'relyingParty'>;
  readonly partyLogout: PartyLogouts;
  readonly titleOfConnection: (id: string) => string;
};

type PartyLine = {
  readonly title: string;
  readonly state:
    | 'confirmed'
    | 'sent'
    | 'no-answer'
    | 'unproven'
    | 'not-supported'
    | 'still-open'
    | 'waiting';
  readonly text: string;
  readonly href: string | null;
};

/** Data of the page that says, per relying party, what really happened (R3.4). Pure. */
export function signedOutPage(progress: Progress, needs: PageNeeds): Record<string, unknown> {
  const { run, states } = progress;
  const step = nextStep(progress);
  const isWaiting = isStalled(progress);
  // Whoever comes back without an answer decides when to go on; going on by itself would lead in circles.
  const goesOn =
    step.kind === 'ask' || step.kind === 'upstream' || (step.kind === 'close' && goesBackByItself(progress));
  return {
    parties: run.parties.map((left, index) => lineOf(left, states[index], progress, needs)),
    upstream: upstreamPart(progress, needs),
    next:
      step.kind === 'rest'
        ? null
        : { href: nextHref(run.handle), text: nextText(step, progress, needs), auto: goesOn && !isWaiting },
    signInHref: '/',
  };
}

export function pageHref(handle: string): string {
  return `/logout/${handle}`;
}

export function nextHref(handle: string): string {
  return `${pageHref(handle)}/next`;
}

/** Protocol answers always go back; a person only where there is nothing to tell about, or they would not see it. */
function goesBackByItself({ run, states }: Progress): boolean {
  return run.closing?.kind !== 'link' || isComplete({ states });
}

function nextText(step: Exclude<NextStep, { kind: 'rest' }>, { run }: Progress, needs: PageNeeds): string {
  if (step.kind === 'ask') return titleOf(step.party.relyingParty, needs);
  if (step.kind === 'upstream') return needs.titleOfConnection(run.upstream?.connection ?? '');
  if (step.closing.kind === 'upstream') return needs.titleOfConnection(step.closing.connection);
  return titleOf(step.closing.relyingParty, needs);
}

function lineOf(
  left: LeftParty,
  state: PartState | undefined,
  { isHeld }: Progress,
  needs: PageNeeds,
): PartyLine {
  const title = titleOf(left.relyingParty, needs);
  const how = needs.partyLogout(left.relyingParty);
  const line = (shown: PartyLine['state'], text: string): PartyLine => ({
    title,
    state: shown,
    text: how.residual === undefined || shown === 'confirmed' ? text : `${text} ${how.residual}`,
    href: how.kind === 'by-hand' ? how.url.href : null,
  });
  if (state === 'confirmed')
    return line('confirmed', `${title} confirmed that your session there has ended.`);
  if (state === 'partial') {
    return line('still-open', `${title} ended your session, but says that not everything behind it is over.`);
  }
  if (state === 'refused') return line('still-open', `${title} answered that it did not end your session.`);
  if (state === 'unproven') {
    return line('unproven', `${title} answered, but without a valid signature, so nobody can rely on it.`);
  }
  if (state === 'gave-up') return line('no-answer', 'We told it many times, and it never answered.');
  if (state === 'retrying' || left.kind === 'back-channel') {
    return line('sent', 'We told it, and it has not answered yet. It is told again until it does.');
  }
  switch (left.kind) {
    case 'front-channel':
      if (state === 'asking')
        return line('no-answer', 'Your browser was sent there, and came back without an answer.');
      return isHeld
        ? line('waiting', 'It is asked through this browser.')
        : line('no-answer', 'It can only be asked through the browser in which it was opened.');
    case 'by-hand':
      return line(
        'still-open',
        'Its own sign-in may still be open in this browser. It cannot be told from here, but this link signs you out there.',
      );
    case 'none':
      return line('not-supported', 'It cannot be signed out from here. Close its tabs, or sign out there.');
    default:
      return left.kind satisfies never;
  }
}

/** What became of the session upstream: whoever uses this browser next could come back with it. */
function upstreamPart({ run, upstream, isHeld }: Progress, needs: PageNeeds): Record<string, unknown> | null {
  if (!run.upstream) return null;
  const title = needs.titleOfConnection(run.upstream.connection);
  const part = (note: string, href: string | null = null): Record<string, unknown> => ({ title, note, href });
  const open = 'Whoever uses this browser next could come back without a password.';
  const href = `${pageHref(run.handle)}/upstream`;
  switch (upstream) {
    case 'confirmed':
      return part(`${title} sent you back after signing you out there too.`);
    case 'partial':
      return part(`${title} signed you out there too, but says that other places may still be open.`);
    case 'refused':
      return part(`${title} answered that it did not sign you out. ${open}`);
    case 'unproven':
      return part(
        `${title} answered, but without a valid signature, so nobody can rely on it. ${open}`,
        isHeld ? href : null,
      );
    case 'asking':
      return part(`You were sent to ${title}, and came back without its answer. ${open}`, href);
    case 'gone':
      return part(`${title} cannot be reached, or offers no way to sign out. ${open}`);
    default:
      return part(
        `You may still be signed in at ${title}: ${open}`,
        isHeld && run.upstream.go !== 'never' ? href : null,
      );
  }
}

function titleOf(relyingParty: string, { registry }: PageNeeds): string {
  return registry.relyingParty(relyingParty)?.title ?? relyingParty;
}
