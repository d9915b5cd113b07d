/** Child elements with this namespace and local name, in document order. */
export function childrenNamed(parent: Node, namespace: string, localName: string): Element[] {
  return childElements(parent).filter((child) => isNamed(child, namespace, localName));
}

/** The only such child, or undefined when there is none or more than one. */
export function onlyChildNamed(parent: Node, namespace: string, localName: string): Element | undefined {
  const [first, ...more] = childrenNamed(parent, namespace, localName);
  return more.length === 0 ? first : undefined;
}

export function childElements(parent: Node): Element[] {
  const children: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 1) children.push(node as Element);
  }
  return children;
}

export function isNamed(element: Element, namespace: string, localName: string): boolean {
  return element.namespaceURI === namespace && element.localName === localName;
}

/** All elements below the root, the root included, with this local name in any namespace. */
export function anywhereNamed(document: Document, localName: string): Element[] {
  const found: Element[] = [];
  const all = document.getElementsByTagName('*');
  for (let index = 0; index < all.length; index += 1) {
    const element = all[index];
    if (element && element.localName === localName) found.push(element);
  }
  return found;
}

/** Text of an element that holds nothing but text, without white space around it; undefined if it has elements. */
export function plainText(element: Element): string | undefined {
  return textIn(element)?.text;
}

/**
 * The same for what names somebody. Only layout is left out, that is white space with a line break in it: a name that
 * ends with a space is another name.
 */
export function valueText(element: Element): string | undefined {
  const read = textIn(element);
  if (!read) return undefined;
  const [before, after] = [read.before, read.after].map((white) => (white.includes('\n') ? '' : white));
  return `${before}${read.text}${after}`;
}

/** XML's own white space alone is split off: others, such as the no-break space, are characters like any other. */
function textIn(element: Element): { before: string; text: string; after: string } | undefined {
  if (childElements(element).length > 0) return undefined;
  const whole = element.textContent ?? '';
  let [from, to] = [0, whole.length];
  while (from < to && isWhite(whole.charCodeAt(from))) from += 1;
  while (to > from && isWhite(whole.charCodeAt(to - 1))) to -= 1;
  return { before: whole.slice(0, from), text: whole.slice(from, to), after: whole.slice(to) };
}

function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** An attribute without namespace; undefined when absent. */
export function attributeOf(element: Element, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}
