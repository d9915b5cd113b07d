import type { Json } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import type { Forecast, PlannedAccount, PlannedChange } from '../provisioning/index.ts';

const SIGNS: Readonly<Record<PlannedAccount['what'], string>> = {
  create: '+',
  change: '~',
  drift: '≠',
  continue: '…',
  end: '-',
  pause: '-',
  refused: '!',
  unknown: '?',
  nothing: '=',
};

/** One person's account as lines of text: the person, then one line for each change. */
export function describePlanned(planned: PlannedAccount, person: Person | undefined): readonly string[] {
  const name = person?.displayName ?? person?.login ?? planned.person;
  const more = 'because' in planned ? `: ${planned.because}` : 'code' in planned ? `: ${planned.code}` : '';
  return [
    `${SIGNS[planned.what]} ${name} (${planned.person})  ${planned.what}${more}`,
    ...planned.changes.map((change) => `    ${describeChange(change)}`),
    ...planned.problems.map(({ field, message }) => `    ! ${field}: ${message}`),
    ...(planned.holdings ?? []).map(({ what, count, examples }) => {
      const such = examples.length > 0 ? `, such as ${examples.join(', ')}` : '';
      return `    hand over ${count} ${what}${such}`;
    }),
  ];
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

/** `2 create, 1 end, 40 unchanged` */
export function summarizePlan(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts].flatMap(([what, count]) => (what === 'nothing' ? [] : [`${count} ${what}`]));
  const unchanged = counts.get('nothing') ?? 0;
  return [...parts, `${unchanged} unchanged`].join(', ');
}

export function describeForecast({ waiting, urgent, calls, callsLeft, throughAt }: Forecast): string {
  if (waiting === 0) return 'nothing waits in the queue';
  const first = urgent > 0 ? `, ${urgent} of them ends that go first` : '';
  const rate = callsLeft === undefined ? '' : `; the target takes ${callsLeft} more calls in this window`;
  const through = throughAt ? `; through at about ${throughAt.toISOString().slice(0, 16)}Z` : '';
  return `${waiting} accounts wait in the queue (about ${calls} calls)${first}${rate}${through}`;
}
