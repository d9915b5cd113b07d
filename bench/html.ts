/** A form as far as the bench sends one. */
export type Form = { readonly action: string; readonly fields: Readonly<Record<string, string>> };

/** The first form of a page that is sent by POST. */
export function formIn(html: string): Form | undefined {
  for (const [, attributes = '', inside = ''] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    if (attribute(attributes, 'method')?.toLowerCase() !== 'post') continue;
    const fields: Record<string, string> = {};
    for (const [, input = ''] of inside.matchAll(/<input\b([^>]*?)\/?>/gi)) {
      const name = attribute(input, 'name');
      if (name !== undefined && attribute(input, 'type') !== 'submit')
        fields[name] = attribute(input, 'value') ?? '';
    }
    return { action: attribute(attributes, 'action') ?? '', fields };
  }
  return undefined;
}

/** Where a page goes on by meta refresh. */
export function refreshIn(html: string): string | undefined {
  const url = /<meta\b[^>]*http-equiv="refresh"[^>]*content="\d+;\s*url=([^"]+)"/i.exec(html)?.[1];
  return url === undefined ? undefined : decode(url);
}

/** Where the page that offers connections leads for this one. */
export function connectionLinkIn(html: string, connection: string): string | undefined {
  for (const [, attributes = ''] of html.matchAll(/<a\b([^>]*)>/gi)) {
    if (attribute(attributes, 'data-connection') === connection) return attribute(attributes, 'href');
  }
  return undefined;
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}\\s*=\\s*"([^"]*)"`, 'i').exec(attributes)?.[1];
  return value === undefined ? undefined : decode(value);
}

function decode(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}
