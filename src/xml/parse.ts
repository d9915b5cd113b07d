import { DOMParser } from '@xmldom/xmldom';
import { XmlRefused } from './errors.ts';
import { preScan, type XmlLimits } from './pre-scan.ts';

/**
 * Parses a document within limits. Line ends are normalised first (XML 1.0, 2.11): the parser does not, and a
 * digest over the original bytes would differ.
 *
 * @returns the document and the text it was made from: verify signatures over this text.
 * @throws XmlRefused for anything that is not entirely well-formed.
 */
export function parseXml(
  text: string,
  limits: XmlLimits,
): { readonly document: Document; readonly xml: string } {
  const xml = text.replace(/\r\n?/g, '\n');
  preScan(xml, limits);
  const complaints: string[] = [];
  const note = (message: string): void => {
    complaints.push(message);
  };
  const options = {
    locator: {},
    // Its own makes line ends of U+0085 and U+2028 as well, which XML 1.0 does not.
    normalizeLineEndings: (normalised: string) => normalised,
    errorHandler: { warning: note, error: note, fatalError: note },
  };
  let document: Document | undefined;
  try {
    document = new DOMParser(options).parseFromString(xml, 'text/xml');
  } catch {
    throw new XmlRefused('broken', 'the document is not well-formed');
  }
  if (complaints.length > 0 || !document?.documentElement) {
    throw new XmlRefused('broken', 'the document is not well-formed');
  }
  checkRoot(document);
  checkNames(document);
  checkUniqueIds(document);
  return { document, xml };
}

/** One element on the outside, and nothing but white space or comments around it. */
function checkRoot(document: Document): void {
  for (let node = document.firstChild; node; node = node.nextSibling) {
    const white = node.nodeType === 3 && (node.nodeValue ?? '').trim() === '';
    const allowed = node === document.documentElement || node.nodeType === 8 || node.nodeType === 7 || white;
    if (!allowed) throw new XmlRefused('broken', 'something stands outside of the root element');
  }
}

/**
 * Namespaces in XML 1.0, 5: a prefix must be declared. The parser lets it pass, with no namespace at all, or with what
 * every object has under that name.
 */
function checkNames(document: Document): void {
  const all = document.getElementsByTagName('*');
  for (let index = 0; index < all.length; index += 1) {
    const element = all[index];
    if (!element) continue;
    const attributes = Array.from(element.attributes);
    const names = [element, ...attributes];
    if (names.some(({ prefix, namespaceURI }) => prefix && !isNamespaceOf(prefix, namespaceURI))) {
      throw new XmlRefused('broken', 'a prefix is not declared');
    }
    if (!attributes.every(mayDeclare))
      throw new XmlRefused('broken', 'a prefix is declared as it must not be');
  }
}

const OF_XML = 'http://www.w3.org/XML/1998/namespace';
const OF_DECLARATIONS = 'http://www.w3.org/2000/xmlns/';

function isNamespaceOf(prefix: string, uri: unknown): boolean {
  if (prefix === 'xml') return uri === OF_XML;
  return typeof uri === 'string' && uri !== '';
}

/** Namespaces in XML 1.0, 3: `xml` is bound to its own namespace alone, and a prefix cannot be taken back. */
function mayDeclare({ name, value }: Attr): boolean {
  if (name !== 'xmlns' && !name.startsWith('xmlns:')) return true;
  if (value === OF_XML) return name === 'xmlns:xml';
  const isReserved = name === 'xmlns:xml' || name === 'xmlns:xmlns' || value === OF_DECLARATIONS;
  return !isReserved && (name === 'xmlns' || value !== '');
}

/**
 * A signature names what it covers by an id, so an id must name one element: whatever the attribute is called,
 * two readers must not come to different ones (SAML Core 1.3.4, XML Signature wrapping).
 */
function checkUniqueIds(document: Document): void {
  const seen = new Set<string>();
  const all = document.getElementsByTagName('*');
  for (let index = 0; index < all.length; index += 1) {
    const attributes = all[index]?.attributes;
    for (let position = 0; position < (attributes?.length ?? 0); position += 1) {
      const attribute = attributes?.[position];
      if (!attribute || (attribute.localName ?? attribute.name).toLowerCase() !== 'id') continue;
      if (seen.has(attribute.value)) throw new XmlRefused('forbidden', 'an id is used twice');
      seen.add(attribute.value);
    }
  }
}
