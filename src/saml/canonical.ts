import { DSIG, escapeAttribute, escapeText } from '../xml/index.ts';
import { ALGORITHMS, METADATA, SAML, SAMLP, XENC } from './names.ts';

/** The prefixes that we write with; always the same, so that equal content gives equal bytes. */
const NAMESPACES: Readonly<Record<string, string>> = {
  alg: ALGORITHMS,
  ds: DSIG,
  md: METADATA,
  saml: SAML,
  samlp: SAMLP,
  xenc: XENC,
};

/** Text that `canonicalText` made before: put into another element byte for byte. */
export class CanonicalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type XmlChild = XmlElement | CanonicalText | string;

/** An element to be written. Attributes have no prefix; those that are undefined are left out. */
export type XmlElement = {
  /** `saml:Issuer`: one of the known prefixes, and a local name. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly children: readonly XmlChild[];
};

export function element(
  name: string,
  attributes: XmlElement['attributes'] = {},
  ...children: readonly (XmlChild | undefined)[]
): XmlElement {
  return { name, attributes, children: children.filter((child) => child !== undefined) };
}

/**
 * Writes an element in its exclusive canonical form (Exclusive XML Canonicalization 1.0, 3), as text and without
 * building a document: namespaces are declared where a prefix is first used, attributes stand in order, no tag is
 * empty. A verifier that parses and canonicalises it comes to these very bytes, so a digest may be made over them.
 *
 * @param declared prefixes that an element around it declares already.
 */
export function canonicalText(root: XmlElement, declared: readonly string[] = []): string {
  return startTag(root, declared) + canonicalContent(root, declared) + endTag(root);
}

/** An element without signature, cut where its signature belongs. */
export type Signable = {
  /** Its ID attribute. */
  readonly id: string;
  readonly head: string;
  readonly tail: string;
};

/** @param before how many children stand before the signature: SAML wants it after the Issuer (Core 3.2.1). */
export function signable(root: XmlElement, before: number): Signable {
  const inner = innerScope(root, []);
  const parts = root.children.map((child) => childText(child, inner));
  return {
    id: root.attributes['ID'] ?? '',
    head: startTag(root, []) + parts.slice(0, before).join(''),
    tail: parts.slice(before).join('') + endTag(root),
  };
}

/** The whole element, unsigned. */
export function unsignedText({ head, tail }: Signable): string {
  return head + tail;
}

function canonicalContent(root: XmlElement, declared: readonly string[]): string {
  const inner = innerScope(root, declared);
  return root.children.map((child) => childText(child, inner)).join('');
}

function childText(child: XmlChild, declared: readonly string[]): string {
  if (typeof child === 'string') return escapeText(child);
  return child instanceof CanonicalText ? child.text : canonicalText(child, declared);
}

function startTag({ name, attributes }: XmlElement, declared: readonly string[]): string {
  const prefix = prefixOf(name);
  const namespace = declared.includes(prefix) ? '' : ` xmlns:${prefix}="${NAMESPACES[prefix]}"`;
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`);
  return `<${name}${namespace}${written.join('')}>`;
}

function endTag({ name }: XmlElement): string {
  return `</${name}>`;
}

function innerScope({ name }: XmlElement, declared: readonly string[]): readonly string[] {
  const prefix = prefixOf(name);
  return declared.includes(prefix) ? declared : [...declared, prefix];
}

function prefixOf(name: string): string {
  const prefix = name.slice(0, name.indexOf(':'));
  if (!Object.hasOwn(NAMESPACES, prefix)) throw new TypeError(`unknown prefix in ${name}`);
  return prefix;
}
