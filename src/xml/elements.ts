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
  return childElements(element).length === 0 ? (element.textContent ?? '').trim() : undefined;
}

/** An attribute without namespace; undefined when absent. */
export function attributeOf(element: Element, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}
