import { type Html, html } from '../../html.ts';

/** A page of the control panel in its own colours. No script, no inline style. */
export function panelPage(fields: {
  readonly title: string;
  readonly where: string;
  readonly corner?: Html | undefined;
  readonly side?: Html | undefined;
  readonly body: Html;
}): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${fields.title} · Control panel</title>
<link rel="stylesheet" href="/assets/panel.css">
</head>
<body>
<header><span class="name">${fields.where}</span> <span class="soft">Control panel, simulated</span>${fields.corner}</header>
<div class="page">${fields.side}<main>
${fields.body}
</main></div>
</body>
</html>
`.text;
}
