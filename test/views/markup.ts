/**
 * A reader for the markup that our own views write: attributes always quoted by `"`, angle brackets in values
 * always escaped. It is strict, so that a value that breaks out of its place is seen and not repaired.
 */
export type Tag = {
  readonly name: string;
  readonly closes: boolean;
  readonly attributes: ReadonlyMap<string, string>;
  /** Text up to the next tag. */
  readonly text: string;
};

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

export function unescapeText(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => ENTITIES[name] ?? '');
}

export function readTags(html: string): readonly Tag[] {
  return [...html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"<>]*")?)*)\s*\/?>([^<]*)/g)].map(
    ([, slash, name = '', attributes = '', text = '']) => ({
      name,
      closes: slash === '/',
      attributes: new Map(
        [...attributes.matchAll(/([a-zA-Z:-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [
          key,
          unescapeText(value),
        ]),
      ),
      text: unescapeText(text),
    }),
  );
}

/** Opening tags of one name. */
export function all(tags: readonly Tag[], name: string): readonly Tag[] {
  return tags.filter((tag) => tag.name === name && !tag.closes);
}

/** All text of the page, spaces folded. */
export function textOf(tags: readonly Tag[]): string {
  return tags
    .map((tag) => tag.text)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Names of opened elements that are not closed, or are closed in the wrong order. */
export function unbalanced(html: string): readonly string[] {
  const withoutEnd = new Set(['meta', 'link', 'input', 'br', 'img']);
  const selfClosed = new Set(['path', 'rect', 'circle']);
  const open: string[] = [];
  const wrong: string[] = [];
  for (const tag of readTags(html)) {
    if (withoutEnd.has(tag.name) || selfClosed.has(tag.name)) continue;
    if (!tag.closes) open.push(tag.name);
    else if (open.pop() !== tag.name) wrong.push(tag.name);
  }
  return [...wrong, ...open];
}
