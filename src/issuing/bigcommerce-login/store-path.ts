const MAX_LENGTH = 1024;
/** Enough to see through double encoding; text that still changes after that is refused. */
const MAX_DECODINGS = 3;
/** The store's own sign-in pages and token routes, Stencil and Catalyst; also behind a language prefix. */
const FORBIDDEN_SEGMENTS = new Set(['login.php', 'login', 'logout', 'session-sync']);

/**
 * Says whether `to` may be handed to a store as the place to land: one leading `/`, no second `/` or `\` also
 * after decoding, no control characters, at most 1 KB, and never the store's login or token path, which would
 * sign the person out again or spend somebody else's token (R2.5).
 */
export function isStorePath(to: string): boolean {
  if (Buffer.byteLength(to) > MAX_LENGTH) return false;
  const readings = decodings(to);
  return readings?.every((reading) => isPlainPath(reading)) ?? false;
}

/** The text as written and as it reads after each decoding; undefined when it never settles or is malformed. */
function decodings(text: string): readonly string[] | undefined {
  const readings = [text];
  let current = text;
  for (let count = 0; count < MAX_DECODINGS; count += 1) {
    const next = decode(current);
    if (next === undefined) return undefined;
    if (next === current) return readings;
    readings.push(next);
    current = next;
  }
  return undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isPlainPath(text: string): boolean {
  if (!text.startsWith('/') || text.startsWith('//')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  if (/[\\\u0000-\u001f\u007f-\u009f]/.test(text) || !text.isWellFormed()) return false;
  const base = 'https://store.invalid';
  if (!URL.canParse(text, base)) return false;
  const url = new URL(text, base);
  // Dot segments may resolve into a second leading slash.
  if (url.origin !== base || url.pathname.startsWith('//')) return false;
  const segments = url.pathname.toLowerCase().split('/');
  return !segments.some((segment) => FORBIDDEN_SEGMENTS.has(segment));
}
