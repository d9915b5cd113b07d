import { canonicalJson, type Json } from '../base/index.ts';
import type { StoredEvent } from './event.ts';
import type { OpenedPersonal } from './seal.ts';

const COLUMNS = [
  ...['seq', 'time', 'type', 'outcome', 'code', 'thread', 'personId', 'connection', 'relyingParty'],
  ...['target', 'session', 'facts', 'personal', 'hash'],
];

export const CSV_HEAD: readonly string[] = [
  '# Vestibule access log. This CSV file is for reading and CANNOT BE VERIFIED; export JSON Lines for evidence.',
  COLUMNS.join(','),
];

/** @param opened absent when personal values were not asked for. */
export function csvRow(
  seq: number,
  hash: string,
  event: StoredEvent,
  opened: OpenedPersonal | undefined,
): string {
  const { time, type, outcome, code, thread, personId, connection, relyingParty, target, session } = event;
  const cells = [
    ...[String(seq), time, type, outcome, code, thread, personId, connection, relyingParty, target, session],
    ...[canonicalJson(event.facts as Json), personalCell(event, opened), hash],
  ];
  return cells.map((cell) => csvCell(cell ?? '')).join(',');
}

function personalCell({ personal }: StoredEvent, opened: OpenedPersonal | undefined): string {
  if (!personal) return '';
  if (!opened) return 'sealed';
  return opened.state === 'open' ? canonicalJson(opened.values) : opened.state;
}

/**
 * RFC 4180, and harmless in a spreadsheet: a cell that one would read as a formula begins with an apostrophe
 * (OWASP, CSV injection). Full-width signs count too, since some programs fold them.
 */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
