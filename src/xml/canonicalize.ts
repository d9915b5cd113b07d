import { escapeAttribute, escapeText } from './escape.ts';

export type CanonicalOptions = {
  /** Left out with all that it holds: the enveloped signature. */
  readonly without?: Element;
  /** `InclusiveNamespaces`: prefixes whose declarations count wherever they stand; `#default` is the empty one. */
  readonly inclusivePrefixes?: readonly string[];
};

/** Prefix → namespace. The empty prefix is the default namespace. */
type Namespaces = ReadonlyMap<string, string>;

/**
 * Exclusive XML Canonicalization 1.0 of an element, without comments (W3C, 18 July 2002): the text over which a digest
 * is made. Two documents that a reader cannot tell apart give the same text, and only those.
 *
 * Parsing comes first (`parseXml`): there are no DTDs, CDATA sections or processing instructions here, and depth is
 * bounded.
 */
export function canonicalize(element: Element, options: CanonicalOptions = {}): string {
  const parts: string[] = [];
  const prefixes = (options.inclusivePrefixes ?? []).map((prefix) => (prefix === '#default' ? '' : prefix));
  write(element, new Map(), { parts, without: options.without, prefixes });
  return parts.join('');
}

type Output = {
  readonly parts: string[];
  readonly without: Element | undefined;
  readonly prefixes: readonly string[];
};

/** @param around what the elements around it, as far as they are written, declare. */
function write(element: Element, around: Namespaces, output: Output): void {
  const attributes = Array.from(element.attributes);
  const plain = attributes.filter((attribute) => declaredBy(attribute) === undefined);
  const declared = declarationsFor(element, plain, around, output.prefixes);
  output.parts.push('<', element.tagName);
  for (const [prefix, namespace] of declared) {
    output.parts.push(prefix === '' ? ' xmlns' : ` xmlns:${prefix}`, '="', escapeAttribute(namespace), '"');
  }
  if (plain.length > 1) plain.sort(byNamespaceAndName);
  for (const { name, value } of plain) output.parts.push(' ', name, '="', escapeAttribute(value), '"');
  output.parts.push('>');
  const inside = declared.length === 0 ? around : new Map([...around, ...declared]);
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 3) output.parts.push(escapeText(node.nodeValue ?? ''));
    else if (node.nodeType === 1 && node !== output.without) write(node as Element, inside, output);
  }
  output.parts.push('</', element.tagName, '>');
}

/** Section 3: what the names use and, of the inclusive prefixes, what is in scope; unless it is declared around alike. */
function declarationsFor(
  element: Element,
  attributes: readonly Attr[],
  around: Namespaces,
  inclusive: readonly string[],
): readonly (readonly [prefix: string, namespace: string])[] {
  const used = new Map<string, string>([[element.prefix ?? '', element.namespaceURI ?? '']]);
  for (const { prefix, namespaceURI } of attributes) if (prefix) used.set(prefix, namespaceURI ?? '');
  for (const prefix of inclusive) {
    const namespace = inScope(element, prefix);
    if (namespace !== undefined) used.set(prefix, namespace);
  }
  used.delete('xml');
  const missing = [...used].filter(([prefix, namespace]) => namespace !== (around.get(prefix) ?? ''));
  return missing.length > 1 ? missing.sort(([a], [b]) => compare(a, b)) : missing;
}

/** What a declaration on the element or around it says; undefined when none does. */
function inScope(element: Element, prefix: string): string | undefined {
  const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
  for (let node: Node | null = element; node?.nodeType === 1; node = node.parentNode) {
    const at = node as Element;
    if (at.hasAttribute(name)) return at.getAttribute(name) ?? '';
  }
  return undefined;
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
