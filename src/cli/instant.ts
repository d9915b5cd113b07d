import { DAY } from '../base/index.ts';
import { UsageError } from './command.ts';

/**
 * An instant with its zone, or a day in UTC: as a beginning its first instant, as an end the midnight after it (R3.6).
 *
 * @throws UsageError
 */
export function readInstant(text: string, option: string, meant: 'beginning' | 'end'): Date {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = isDay || isInstant ? new Date(isDay ? `${text}T00:00:00Z` : text) : undefined;
  // The engine rolls 31 February over to March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  if (!at || Number.isNaN(at.getTime()) || !exists) {
    throw new UsageError(`${option} takes a day such as 2026-03-02, or an instant such as 2026-03-02T09:00Z`);
  }
  return isDay && meant === 'end' ? new Date(at.getTime() + DAY) : at;
}
