/** An element of a message: as much of XML as SAML messages use. Comments, instructions and DTDs are refused. */
export type PlainElement = {
  /** As written, with its prefix. */
  readonly name: string;
  /** Without declarations of namespaces. Values as written, references unresolved. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Prefix → namespace, with those of the elements around. The prefix of the default namespace is empty. */
  readonly scope: Scope;
  readonly children: readonly (PlainElement | string)[];
};
type Scope = Readonly<Record<string, string>>;
type Open = PlainElement & { readonly children: (PlainElement | string)[] };

const TAG = /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Reads a document in one pass. @throws SyntaxError for whatever SAML messages do not need. */
export function readPlain(text: string): PlainElement {
  const document: Open = { name: '', attributes: [], scope: {}, children: [] };
  const open: Open[] = [document];
  let at = text.startsWith('<?xml') ? text.indexOf('?>') + 2 : 0;
  while (at < text.length) {
    const around = open.at(-1);
    if (!around) break;
    if (text[at] !== '<') {
      const end = text.indexOf('<', at);
      around.children.push(text.slice(at, end < 0 ? text.length : end));
      at = end < 0 ? text.length : end;
      continue;
    }
    TAG.lastIndex = at;
    const [tag, isEnd, name = '', attributes = '', isEmpty] = TAG.exec(text) ?? [];
    if (tag === undefined) throw new SyntaxError(`no tag at ${at}`);
    at += tag.length;
    if (isEnd) {
      if (open.pop()?.name !== name) throw new SyntaxError(`</${name}> ends nothing`);
      continue;
    }
    const element = startOf(name, attributes, around.scope);
    around.children.push(element);
    if (!isEmpty) open.push(element);
  }
  const [root, ...more] = elementsIn(document);
  if (!root || more.length > 0 || open.length !== 1) throw new SyntaxError('not one complete element');
  return root;
}

function startOf(name: string, text: string, around: Scope): Open {
  const attributes: [string, string][] = [];
  let scope = around;
  for (const [, key = '', double, single = ''] of text.matchAll(ATTRIBUTE)) {
    const value = double ?? single;
    if (key === 'xmlns') scope = { ...scope, '': value };
    else if (key.startsWith('xmlns:')) scope = { ...scope, [key.slice(6)]: value };
    else attributes.push([key, value]);
  }
  return { name, attributes, scope, children: [] };
}

export function elementsIn({ children }: PlainElement): PlainElement[] {
  return children.filter((child) => typeof child !== 'string');
}

/** The first child of this local name. */
export function childOf(element: PlainElement | undefined, localName: string): PlainElement | undefined {
  return element && elementsIn(element).find(({ name }) => localNameOf(name) === localName);
}

export function attributeIn(element: PlainElement | undefined, name: string): string | undefined {
  return element?.attributes.find(([key]) => key === name)?.[1];
}

export function textIn(element: PlainElement | undefined): string {
  return (element?.children ?? []).filter((child) => typeof child === 'string').join('');
}

export function localNameOf(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Exclusive XML Canonicalization 1.0 of an element, as if `without` were not in it. */
export function canonical(element: PlainElement, without?: PlainElement, declared: Scope = {}): string {
  const { name, attributes, scope, children } = element;
  const prefixes = new Set([prefixOf(name)]);
  for (const [key] of attributes) if (key.includes(':')) prefixes.add(prefixOf(key));
  let rendered = declared;
  let start = `<${name}`;
  for (const prefix of [...prefixes].sort()) {
    const namespace = scope[prefix] ?? '';
    if (prefix === 'xml' || namespace === (rendered[prefix] ?? '')) continue;
    start += prefix === '' ? ` xmlns="${namespace}"` : ` xmlns:${prefix}="${namespace}"`;
    rendered = { ...rendered, [prefix]: namespace };
  }
  for (const [key, value] of ordered(attributes, scope))
    start += ` ${key}="${normal(value, ATTRIBUTE_TEXT)}"`;
  let inside = '';
  for (const child of children) {
    if (typeof child === 'string') inside += normal(child, ELEMENT_TEXT);
    else if (child !== without) inside += canonical(child, without, rendered);
  }
  return `${start}>${inside}</${name}>`;
}

type Attributes = PlainElement['attributes'];

/** By namespace, then by local name; those without a prefix are in none and come first. */
function ordered(attributes: Attributes, scope: Scope): Attributes {
  if (attributes.length < 2) return attributes;
  const key = ([name]: Attributes[number]): string =>
    name.includes(':') ? `${scope[prefixOf(name)]} ${localNameOf(name)}` : ` ${name}`;
  return attributes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function prefixOf(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(0, colon);
}

const ATTRIBUTE_TEXT = /[&"<\t\n\r]/g;
const ELEMENT_TEXT = /[&<>\r]/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const ESCAPED: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  ...{ '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' },
};

/** References are resolved, then written as canonical XML writes them. */
function normal(text: string, special: RegExp): string {
  if (!/[&<>"\t\n\r]/.test(text)) return text;
  const plain = text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (_, name: string) => characterOf(name));
  return plain.replace(special, (character) => ESCAPED[character] ?? character);
}

function characterOf(name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name] ?? '';
  const isHex = name[1] === 'x' || name[1] === 'X';
  return String.fromCodePoint(Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10));
}
