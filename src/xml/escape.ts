const TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const ATTRIBUTE: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** Text content in canonical form (Canonical XML 1.0, 2.3): parsing and canonicalising gives the same bytes. */
export function escapeText(text: string): string {
  return wellFormed(text).replace(/[&<>\r]/g, (character) => TEXT[character] ?? '');
}

/** An attribute's value in canonical form, for double quotes. */
export function escapeAttribute(text: string): string {
  return wellFormed(text).replace(/[&<"\t\n\r]/g, (character) => ATTRIBUTE[character] ?? '');
}

/** Characters that XML 1.0 cannot hold, not even escaped, are left out. */
function wellFormed(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
}
