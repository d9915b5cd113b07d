import { EVENT_TYPES } from '../../src/access-log/index.ts';

/** Code → the status that docs/errors.md gives it, or undefined where it never becomes a page. */
export type DocumentedCodes = ReadonlyMap<string, number | undefined>;

/** @throws TypeError for a row that is incomplete, or a code that stands there twice. */
export function documentedCodes(markdown: string): DocumentedCodes {
  const codes = new Map<string, number | undefined>();
  for (const [row, code = ''] of markdown.matchAll(/^\| `([a-z_]+\.[a-z_]+)` .*$/gm)) {
    const [, status, meaning, advice] = row.match(/^\| `[^`]+` \| (\d{3}|–) \| (.+?) \| (.+?) \|$/) ?? [];
    if (!status || !meaning || !advice) throw new TypeError(`the row of ${code} is incomplete`);
    if (codes.has(code)) throw new TypeError(`${code} is documented twice`);
    codes.set(code, status === '–' ? undefined : Number(status));
  }
  return codes;
}

// Texts that look like a code and are something else: purposes of look-ups, kinds of jobs and of junk, names of files
// and of columns.
const OTHER = [
  /const [A-Z_]+ = '[a-z_]+\.[a-z_]+'/g,
  /kind: '[a-z_]+\.[a-z_]+'/g,
  /lookup\('[^']+'/g,
  /'[a-z_]+\.(php|json|yaml|key|pid|new)'/g,
  /'directory_\w+\.\w+'/g,
];
const EVENTS = new Set(EVENT_TYPES);

/** Every `room.what` in a source: where it follows `code:`, and wherever its room is one that has codes. */
export function codesIn(source: string, rooms: ReadonlySet<string>): string[] {
  const text = OTHER.reduce((rest, pattern) => rest.replaceAll(pattern, "''"), source);
  const found = [...text.matchAll(/(\bcode: )?'([a-z_]+)\.([a-z_]+)'/g)]
    .filter(([, isCode, room = '']) => isCode !== undefined || rooms.has(room))
    .map(([, , room, what]) => `${room}.${what}`);
  return [...new Set(found)].filter((code) => !EVENTS.has(code));
}

/** Statuses that stand right beside their code in a source. */
export function statusesIn(source: string): [code: string, status: number][] {
  const patterns = [
    /'([a-z_]+\.[a-z_]+)': \[\s*(\d{3}),/g,
    /'([a-z_]+\.[a-z_]+)': \{\s*status: (\d{3}),/g,
    /code: '([a-z_]+\.[a-z_]+)'(?: satisfies \w+)?,\s*status: (\d{3}),/g,
  ];
  return patterns.flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, code = '', status]): [string, number] => [code, Number(status)]),
  );
}
