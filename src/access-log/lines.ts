/** Longer than any line of an export; a file without line ends must not fill the memory. */
const MAX_LINE = 1024 * 1024;

/**
 * Splits bytes into lines for `verifyLog`. Bytes that are not UTF-8 become U+FFFD, a byte order mark stays: both
 * are then seen as changes. A line beyond 1 MB comes in pieces, which no export contains.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_LINE) {
      yield rest;
      rest = '';
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
