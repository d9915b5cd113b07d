import type { Json } from '../base/index.ts';
import type { Forecast, PlannedAccount, PlannedChange } from '../provisioning/index.ts';
import { counted } from './counted.ts';

const SIGNS: Readonly<Record<PlannedAccount['what'], string>> = {
  create: '+',
  adopt: '+',
  change: '~',
  drift: '≠',
  continue: '…',
  end: '-',
  pause: '-',
  refused: '!',
  unknown: '?',
  nothing: '=',
  absent: ' ',
};

/** One person's account as lines of text: the person, then one line for each change. */
export function describePlanned(planned: PlannedAccount, name: string): readonly string[] {
  return [
    `${SIGNS[planned.what]} ${name}  ${planned.what}${because(planned)}`,
    ...(planned.what === 'refused' ? [`    ${planned.advice}`] : []),
    ...planned.changes.map((change) => `    ${describeChange(change)}`),
    ...planned.problems.map(({ field, message }) => `    ! ${field}: ${message}`),
    ...(planned.holdings ?? []).map(({ what, count, examples }) => {
      const such = examples.length > 0 ? `, such as ${examples.join(', ')}` : '';
      return `    hand over ${count} ${what}${such}`;
    }),
  ];
}

const KNOWN = { import: 'by the last import', attempt: 'at the last attempt', look: 'by a look just now' };

function because(planned: PlannedAccount): string {
  switch (planned.what) {
    case 'create':
      return planned.again ? ' again: the account vanished in the target' : '';
    case 'adopt':
      return `: account ${planned.existing} becomes theirs`;
    case 'end':
    case 'pause':
      return `: ${planned.because}`;
    case 'refused': {
      const { code, existing = [], known } = planned;
      const which = existing.length > 0 ? `, account ${existing.join(', ')}` : '';
      return `: ${code}${known ? ` ${KNOWN[known]}` : ''}${which}`;
    }
    case 'unknown':
      return `: ${planned.code}`;
    default:
      return '';
  }
}

function describeChange({ title, effect, from, to }: PlannedChange): string {
  const note = effect === 'reduces' ? '  (takes away)' : effect === 'by-hand' ? '  (by hand)' : '';
  const before = from === undefined || from === '' ? '' : `${text(from)} → `;
  return `${title}: ${before}${text(to ?? '')}${note}`;
}

function text(value: Json | undefined): string {
  if (value === '' || value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(text).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, member]) => `${key} ${text(member)}`)
    .join(', ');
}

/** `2 create, 1 end, 40 unchanged`: always in this order, whoever came first. */
export function summarizePlan(counts: ReadonlyMap<string, number>): string {
  const quiet = new Set(['nothing', 'absent']);
  const parts = Object.keys(SIGNS).flatMap((what) =>
    counts.has(what) && !quiet.has(what) ? [`${counts.get(what)} ${what}`] : [],
  );
  const unchanged = counts.get('nothing') ?? 0;
  return [...parts, `${unchanged} unchanged`].join(', ');
}

/** Seats that the plan takes, and how many there are: nobody is to learn that from a refused sign-in. */
export function describeSeats(
  seats: Forecast['seats'] = [],
  taken: ReadonlyMap<string, number>,
): readonly string[] {
  return seats.flatMap(({ what, total, used }) => {
    const wanted = taken.get(what) ?? 0;
    if (wanted === 0) return [];
    const free = Math.max(0, total - used);
    const lack = wanted > free ? `, ${wanted - free} too few: buy more, or free some first` : '';
    return [`takes ${counted(wanted, 'seat')} of ${what}; free: ${free} of ${total}${lack}`];
  });
}

export function describeForecast({ waiting, urgent, calls, callsLeft, throughAt }: Forecast): string {
  if (waiting === 0) return 'nothing waits in the queue';
  const first = urgent > 0 ? `, ${urgent} of them ends that go first` : '';
  const rate =
    callsLeft === undefined ? '' : `; the target takes ${counted(callsLeft, 'more call')} in this window`;
  const through = throughAt ? `; through at about ${throughAt.toISOString().slice(0, 16)}Z` : '';
  return `${counted(waiting, 'account')} ${waiting === 1 ? 'waits' : 'wait'} in the queue (about ${counted(calls, 'call')})${first}${rate}${through}`;
}
