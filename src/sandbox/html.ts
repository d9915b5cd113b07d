/** HTML that is already safe to send. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | boolean | null | undefined | readonly Part[];

/** Template tag that escapes every value except `Html`; `false`, `null` and `undefined` print nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = texts[0] ?? '';
  parts.forEach((part, index) => {
    out += print(part) + (texts[index + 1] ?? '');
  });
  return new Html(out);
}

function print(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === null || part === undefined || part === false) return '';
  if (Array.isArray(part)) return part.map((each: Part) => print(each)).join('');
  return String(part)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  ...{ dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' },
});
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** `2 March 2026 at 09:05 UTC`, with the exact instant for machines. */
export function instant(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${DAY_AND_TIME.format(at)} UTC</time>`;
}

/** `2 March 2026` */
export function day(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${DAY.format(at)}</time>`;
}

/** A sentence of ours, with what stands between backticks as code. */
export function prose(text: string): Html {
  const parts = text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
  return html`${parts}`;
}

/** A whole page of a simulator. `brand` is the product that the page plays. Scripts are files, never inline. */
export function page(fields: {
  readonly title: string;
  readonly brand: string;
  readonly body: Html;
  readonly script?: string;
}): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${fields.title}</title>
<link rel="stylesheet" href="/-/sandbox.css">
${fields.script !== undefined && html`<script src="${fields.script}" defer></script>`}
</head>
<body>
<header><span class="brand">${fields.brand}</span> <span class="note">simulated for demos and tests</span></header>
<main>
${fields.body}
</main>
</body>
</html>
`.text;
}
