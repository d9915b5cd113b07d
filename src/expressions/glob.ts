/**
 * Does the whole text match the pattern, in which `*` stands for any characters, none included? Every other
 * character stands for itself; upper and lower case differ. Linear in the length of text and pattern together,
 * whatever they hold (R4.4).
 */
export function like(text: string, glob: string): boolean {
  const pieces = glob.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return text === glob;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;

  // The leftmost place for each piece leaves the most room for the rest, so no step is ever taken back.
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    if (piece === '') continue;
    at = find(text, piece, at, end);
    if (at < 0) return false;
  }
  return true;
}

/** Knuth-Morris-Pratt: the place just after the first occurrence within [from, to), or -1. */
function find(text: string, piece: string, from: number, to: number): number {
  const fallback = fallbacks(piece);
  let matched = 0;
  for (let i = from; i < to; i++) {
    while (matched > 0 && text[i] !== piece[matched]) matched = fallback[matched - 1] ?? 0;
    if (text[i] === piece[matched]) matched++;
    if (matched === piece.length) return i + 1;
  }
  return -1;
}

/** For each prefix of the piece, the length of its longest proper prefix that is also its suffix. */
function fallbacks(piece: string): readonly number[] {
  const table = [0];
  let length = 0;
  for (let i = 1; i < piece.length; i++) {
    while (length > 0 && piece[i] !== piece[length]) length = table[length - 1] ?? 0;
    if (piece[i] === piece[length]) length++;
    table.push(length);
  }
  return table;
}
