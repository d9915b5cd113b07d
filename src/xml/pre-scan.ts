import { XmlRefused } from './errors.ts';

export type XmlLimits = {
  /** UTF-16 code units of the text. */
  readonly maxLength: number;
  readonly maxDepth: number;
  /** Elements, attributes and comments together. */
  readonly maxNodes: number;
  readonly allowComments: boolean;
};

/** Protocol messages: a real one has some 60 elements and 15 levels, signatures and encryption included. */
export const MESSAGE_LIMITS: XmlLimits = {
  maxLength: 256 * 1024,
  maxDepth: 40,
  maxNodes: 10_000,
  allowComments: false,
};

/** Metadata of one upstream or of a small federation. */
export const METADATA_LIMITS: XmlLimits = {
  maxLength: 1024 * 1024,
  maxDepth: 40,
  maxNodes: 50_000,
  allowComments: true,
};

/** As far as the text was read. */
type Scan = {
  /** Names of the elements that are open, outermost first: as many as may be nested. */
  readonly open: string[];
  /** All that were met. */
  readonly names: Set<string>;
  nodes: number;
};

/** For each, the parser searches the whole text. Metadata of many entities has some hundred. */
const MOST_NAMES = 500;

/**
 * Walks over the text once, without building anything, and refuses what a parser should never see: DTDs and
 * entity declarations (expansion, external fetches), processing instructions, CDATA sections, entities other than
 * the five predefined ones, and anything above the limits. Linear in time, constant in memory.
 *
 * The parser passes over end tags that close nothing, or something else, so each is held against its start tag here:
 * otherwise the tree would be another, and deeper, than the one that was counted. What else it forgives is refused here
 * as well; all other well-formedness is its part.
 *
 * @throws XmlRefused
 */
export function preScan(xml: string, limits: XmlLimits): void {
  if (xml.length > limits.maxLength) throw new XmlRefused('too-large', 'the document is too large');
  const scan: Scan = { open: [], names: new Set(), nodes: 0 };
  let at = skipDeclaration(xml);
  while (true) {
    const open = xml.indexOf('<', at);
    const textEnd = open < 0 ? xml.length : open;
    checkText(xml, at, textEnd);
    if (scan.open.length === 0 && /\S/.test(xml.slice(at, textEnd)))
      throw new XmlRefused('broken', 'text stands outside of the root element');
    if (open < 0) break;
    at = xml.startsWith('<!', open) ? skipComment(xml, open, limits) : scanTag(xml, open, scan, limits);
    scan.nodes += 1;
    if (scan.open.length > limits.maxDepth) throw new XmlRefused('too-deep', 'elements are nested too deep');
    if (scan.nodes > limits.maxNodes)
      throw new XmlRefused('too-many-nodes', 'the document has too many parts');
  }
  if (scan.open.length > 0) throw new XmlRefused('broken', 'an element is not closed');
}

/** Only an XML declaration may stand first, and only UTF-8: another encoding would be another text. */
function skipDeclaration(xml: string): number {
  const start = xml.charCodeAt(0) === 0xfeff ? 1 : 0;
  if (!/^<\?xml[ \t\n]/.test(xml.slice(start, start + 6))) return start;
  const end = xml.indexOf('?>', start);
  if (end < 0 || end - start > 200) throw new XmlRefused('broken', 'the XML declaration has no end');
  const encoding = /encoding\s*=\s*["']([^"']*)["']/i.exec(xml.slice(start, end))?.[1];
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
    throw new XmlRefused('forbidden', 'the document is not in UTF-8');
  }
  return end + 2;
}

function skipComment(xml: string, open: number, limits: XmlLimits): number {
  if (!xml.startsWith('<!--', open)) throw new XmlRefused('forbidden', 'DTDs and CDATA are not accepted');
  if (!limits.allowComments) throw new XmlRefused('forbidden', 'comments are not accepted here');
  const end = xml.indexOf('-->', open + 4);
  if (end < 0) throw new XmlRefused('broken', 'a comment has no end');
  return end + 3;
}

/** One start, end or empty tag. @returns where it ends. */
function scanTag(xml: string, open: number, scan: Scan, limits: XmlLimits): number {
  const second = xml.charCodeAt(open + 1);
  if (second === 0x3f) throw new XmlRefused('forbidden', 'processing instructions are not accepted');
  if (second === 0x2f) return closeElement(xml, open, scan);
  const name = nameAt(xml, open + 1);
  scan.names.add(name);
  if (scan.names.size > MOST_NAMES)
    throw new XmlRefused('too-many-nodes', 'elements have too many different names');
  const end = skipAttributes(xml, open + 1 + name.length, scan, limits);
  if (xml.charCodeAt(end - 1) !== 0x2f) scan.open.push(name);
  return end + 1;
}

// Without all that ends a name for the parser, which takes U+0080 for a space. What names may hold is its part.
const NAME = /[^\p{Cc} "'/<=>]+/uy;
const END_TAG = /[ \t\n]*>/y;

function nameAt(xml: string, at: number): string {
  NAME.lastIndex = at;
  const name = NAME.exec(xml)?.[0] ?? '';
  if (name === '') throw new XmlRefused('broken', 'a tag has no name');
  // The parser reads on as web browsers do: without an end tag, the whole document becomes their text.
  if (/^(?:script|textarea)$/i.test(name)) throw new XmlRefused('forbidden', 'scripts are not accepted');
  return name;
}

function closeElement(xml: string, open: number, scan: Scan): number {
  const name = nameAt(xml, open + 2);
  END_TAG.lastIndex = open + 2 + name.length;
  if (scan.open.pop() !== name || !END_TAG.test(xml)) {
    throw new XmlRefused('broken', 'an end tag does not close what is open');
  }
  return END_TAG.lastIndex;
}

/** @returns where the `>` of the tag is. */
function skipAttributes(xml: string, from: number, scan: Scan, limits: XmlLimits): number {
  for (let at = from; at < xml.length; at += 1) {
    const code = xml.charCodeAt(at);
    if (code === 0x3e) return at;
    if (code === 0x3c) throw new XmlRefused('broken', 'a tag is not closed');
    if (code === 0x2f && xml.charCodeAt(at + 1) !== 0x3e)
      throw new XmlRefused('broken', 'a slash stands within a tag');
    if (!isXmlUnit(code)) throw new XmlRefused('forbidden', 'a control character is in a tag');
    if (code !== 0x22 && code !== 0x27) continue;
    const end = xml.indexOf(code === 0x22 ? '"' : "'", at + 1);
    if (end < 0) throw new XmlRefused('broken', 'an attribute value has no end');
    // Within the value only: looking further from each of many attributes would take quadratic time.
    if (xml.slice(at + 1, end).includes('<')) throw new XmlRefused('broken', 'an attribute value holds a <');
    checkText(xml, at + 1, end);
    scan.nodes += 1;
    if (scan.nodes > limits.maxNodes) {
      throw new XmlRefused('too-many-nodes', 'the document has too many parts');
    }
    at = end;
  }
  throw new XmlRefused('broken', 'a tag has no end');
}

const ENTITY = /&(?:lt|gt|amp|quot|apos|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));/y;

/** Text and attribute values: entities must be known, characters must be XML's (XML 1.0, 2.2). */
function checkText(xml: string, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    const code = xml.charCodeAt(at);
    if (code === 0x26) checkEntity(xml, at);
    else if (!isXmlUnit(code)) throw new XmlRefused('forbidden', 'a control character is in the document');
  }
}

function checkEntity(xml: string, at: number): void {
  ENTITY.lastIndex = at;
  const match = ENTITY.exec(xml);
  if (!match) throw new XmlRefused('forbidden', 'an entity is not one of the predefined five');
  const [, decimal, hex] = match;
  if (decimal === undefined && hex === undefined) return;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (!isXmlUnit(code) || isSurrogate || code > 0x10ffff) {
    throw new XmlRefused('forbidden', 'a reference to a character that XML does not have');
  }
}

/** For UTF-16 code units and for code points: no controls but tab and line ends, no non-characters. */
function isXmlUnit(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code !== 0xfffe && code !== 0xffff;
}
