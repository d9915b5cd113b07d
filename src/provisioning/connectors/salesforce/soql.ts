/** A text in quotes, so that nothing in it can end them. Salesforce docs: quoted string escape sequences. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}'`;
}

/** `('a', 'b')` for IN; never empty, which would not be a query. */
export function quotedList(texts: readonly string[]): string {
  return `(${(texts.length > 0 ? texts : ['']).map(quoted).join(', ')})`;
}

/**
 * The query part of a URL. A reference to an earlier answer of the same composite request (`@{users.id}`) stays as
 * it is; everything else is encoded, so no value of a person can be one.
 */
export function queryText(soql: string): string {
  return soql
    .split(/(@\{[A-Za-z0-9_.[\]]+\})/)
    .map((part, index) => (index % 2 === 1 ? part : encodeURIComponent(part)))
    .join('');
}

/** References are understood inside bodies too: a value from outside must not look like one. */
export function withoutReference(text: string): string {
  return text.replaceAll('@{', '{');
}
