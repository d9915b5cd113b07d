import { escapeAttribute, escapeText } from './escape.ts';

export type CanonicalOptions = {
  /** Left out with all that it holds: the enveloped signature. */
  readonly without?: Element;
  /** `InclusiveNamespaces`: prefixes whose declarations count wherever they stand; `#default` is the empty one. */
  readonly inclusivePrefixes?: readonly string[];
};

/**
 * Exclusive XML Canonicalization 1.0 of an element, without comments (W3C, 18 July 2002): the text over which a digest
 * is made. Two documents that a reader cannot tell apart give the same text, and only those.
 *
 * Parsing comes first (`parseXml`): there are no DTDs, CDATA sections or processing instructions here, and depth is
 * bounded. The cost grows with the length of the text alone: who holds one genuine signature may send any document
 * around it.
 */
export function canonicalize(element: Element, options: CanonicalOptions = {}): string {
  const prefixes = (options.inclusivePrefixes ?? []).map((prefix) => (prefix === '#default' ? '' : prefix));
  const output: Output = {
    parts: [],
    without: options.without,
    inclusive: new Set(prefixes),
    written: new NamespaceScope(),
  };
  write(element, declaredAround(element, output.inclusive), output);
  return output.parts.join('');
}

type Output = {
  readonly parts: string[];
  readonly without: Element | undefined;
  readonly inclusive: ReadonlySet<string>;
  /** What the elements that are open declare, as far as it is written. */
  readonly written: NamespaceScope;
};

/** Prefix and namespace. The empty prefix is the default namespace. */
type Declaration = readonly [prefix: string, namespace: string];

/** @param inclusive declarations of inclusive prefixes that begin to count with this element. */
function write(element: Element, inclusive: readonly Declaration[], output: Output): void {
  const { parts, written, without } = output;
  const plain = Array.from(element.attributes).filter((attribute) => declaredBy(attribute) === undefined);
  const declared = declarationsFor(element, plain, inclusive, written);
  parts.push('<', element.tagName);
  for (const [prefix, namespace] of declared) {
    parts.push(prefix === '' ? ' xmlns' : ` xmlns:${prefix}`, '="', escapeAttribute(namespace), '"');
  }
  if (plain.length > 1) plain.sort(byNamespaceAndName);
  for (const { name, value } of plain) parts.push(' ', name, '="', escapeAttribute(value), '"');
  parts.push('>');
  const leave = written.enter(declared);
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 3) parts.push(escapeText(node.nodeValue ?? ''));
    else if (node.nodeType === 1 && node !== without) {
      write(node as Element, declaredOn(node as Element, output.inclusive), output);
    }
  }
  leave();
  parts.push('</', element.tagName, '>');
}

/** What is declared where one is in the document; an element costs as much as it declares itself. */
class NamespaceScope {
  readonly #held = new Map<string, string>();

  /** @returns '' where nothing is declared. */
  namespaceOf(prefix: string): string {
    return this.#held.get(prefix) ?? '';
  }

  /** @returns what undoes it, to be called at the end of the element. */
  enter(declarations: readonly Declaration[]): () => void {
    const before = declarations.map(([prefix]) => [prefix, this.namespaceOf(prefix)] as const);
    this.#set(declarations);
    return () => this.#set(before);
  }

  /** NOTE: nothing is ever deleted. A key that comes and goes leaves a trace in a Map each time, which later look-ups walk. */
  #set(declarations: readonly Declaration[]): void {
    for (const [prefix, namespace] of declarations) this.#held.set(prefix, namespace);
  }
}

/** Section 3: what the names use and the inclusive prefixes that begin here; unless it is declared around alike. */
function declarationsFor(
  element: Element,
  attributes: readonly Attr[],
  inclusive: readonly Declaration[],
  written: NamespaceScope,
): readonly Declaration[] {
  const used = new Map<string, string>([[element.prefix ?? '', element.namespaceURI ?? '']]);
  for (const { prefix, namespaceURI } of attributes) if (prefix) used.set(prefix, namespaceURI ?? '');
  for (const [prefix, namespace] of inclusive) used.set(prefix, namespace);
  used.delete('xml');
  const missing = [...used].filter(([prefix, namespace]) => namespace !== written.namespaceOf(prefix));
  return missing.length > 1 ? missing.sort(([a], [b]) => compare(a, b)) : missing;
}

/** The inclusive prefixes among what an element declares itself. Those declared above are written already. */
function declaredOn(element: Element, inclusive: ReadonlySet<string>): readonly Declaration[] {
  if (inclusive.size === 0) return [];
  return Array.from(element.attributes).flatMap((attribute) => {
    const prefix = declaredBy(attribute);
    return prefix !== undefined && inclusive.has(prefix) ? [[prefix, attribute.value] as const] : [];
  });
}

/** The inclusive prefixes that are declared on the first element or anywhere around it: there they are all written. */
function declaredAround(element: Element, inclusive: ReadonlySet<string>): readonly Declaration[] {
  if (inclusive.size === 0) return [];
  const nearest = new Map<string, string>();
  for (let node: Node | null = element; node?.nodeType === 1; node = node.parentNode) {
    for (const [prefix, namespace] of declaredOn(node as Element, inclusive)) {
      if (!nearest.has(prefix)) nearest.set(prefix, namespace);
    }
  }
  return [...nearest];
}

/** The prefix that an attribute declares; undefined for every other attribute, one called `xmlnsx` included. */
function declaredBy({ name }: Attr): string | undefined {
  if (name === 'xmlns') return '';
  return name.startsWith('xmlns:') ? name.slice('xmlns:'.length) : undefined;
}

function byNamespaceAndName(a: Attr, b: Attr): number {
  return (
    compare(a.namespaceURI ?? '', b.namespaceURI ?? '') ||
    compare(a.localName ?? a.name, b.localName ?? b.name)
  );
}

const SURROGATE = /[\ud800-\udfff]/;

/** By code points, as the specification wants; UTF-8 has their order, UTF-16 only without surrogates. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
