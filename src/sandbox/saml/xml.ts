import { DOMParser } from '@xmldom/xmldom';

/** XML text that is ready to be sent. */
export class Xml {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Xml | string | number | false | undefined | readonly Part[];

/** Template tag that escapes every value except `Xml`; `false` and `undefined` print nothing. */
export function xml(texts: TemplateStringsArray, ...parts: readonly Part[]): Xml {
  let out = texts[0] ?? '';
  parts.forEach((part, index) => {
    out += print(part) + (texts[index + 1] ?? '');
  });
  return new Xml(out);
}

function print(part: Part): string {
  if (part instanceof Xml) return part.text;
  if (part === undefined || part === false) return '';
  if (Array.isArray(part)) return part.map((each: Part) => print(each)).join('');
  return String(part)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The root element of a message; undefined when it is not well-formed or has a document type. */
export function parseXml(text: string): Element | undefined {
  if (/<!DOCTYPE/i.test(text)) return undefined;
  let broken = false;
  const refuse = (): void => {
    broken = true;
  };
  try {
    const parser = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } });
    const root = parser.parseFromString(text, 'text/xml').documentElement;
    return broken ? undefined : root;
  } catch {
    return undefined;
  }
}

/** Child elements by namespace and local name. */
export function children(parent: Element, namespace: string, name: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    const element = node as Element;
    if (node.nodeType === 1 && element.localName === name && element.namespaceURI === namespace) {
      found.push(element);
    }
  }
  return found;
}

export function child(parent: Element | undefined, namespace: string, name: string): Element | undefined {
  return parent && children(parent, namespace, name)[0];
}

export function textOf(element: Element | undefined): string | undefined {
  return element?.textContent?.trim();
}

/** The value, or undefined when the attribute is absent or empty. */
export function attributeOf(element: Element, name: string): string | undefined {
  return element.getAttribute(name) || undefined;
}
