import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The style sheet and the two scripts that pages of all simulators use, served on every host below `/-/`
 * ahead of faults, so that an error page still looks like one.
 */
const STYLE = `
:root { color-scheme: light dark; --line: #8886; --accent: #1f5fbf; --soft: #8881; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
a { color: light-dark(#1f5fbf, #8ab4f8); }
header { padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
.brand { font-weight: 600; }
.note { opacity: .7; font-size: .875rem; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
form.card { max-width: 24rem; margin: 2rem auto; padding: 1.25rem; border: 1px solid var(--line); border-radius: .5rem; }
label { display: block; margin: .75rem 0 .25rem; }
input:not([type=hidden]):not([type=checkbox]) { width: 100%; padding: .5rem; font: inherit; border: 1px solid var(--line); border-radius: .25rem; }
form.row { display: flex; flex-wrap: wrap; gap: .375rem; align-items: center; margin: .375rem 0; }
td form { margin: 0; }
select { max-width: 16rem; padding: .25rem; font: inherit; }
td input { min-width: 9rem; }
button { margin-top: 1rem; padding: .5rem 1rem; font: inherit; border: 0; border-radius: .25rem; background: var(--accent); color: #fff; cursor: pointer; }
td button, .row button, details button { margin: 0; padding: .25rem .625rem; }
.problem { border-left: 4px solid #c0392b; padding: .5rem .75rem; background: var(--soft); }
.wide { overflow-x: auto; }
a { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); }
td code { white-space: nowrap; }
@media (max-width: 46rem) {
  .stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack thead { display: none; }
  .stack tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  .stack td { padding: .25rem 0; border: 0; }
  .stack td::before { content: attr(data-label); display: block; opacity: .7; font-size: .8rem; }
  .stack td code { white-space: normal; overflow-wrap: anywhere; }
  .stack select { max-width: 100%; }
}
code, pre { font: .85rem/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; background: var(--soft); }
.mark { font-size: .75rem; padding: 0 .375rem; border: 1px solid var(--line); border-radius: .75rem; white-space: nowrap; }
`;

const AUTO_POST = `'use strict';
document.forms[0].submit();
`;

const ASSETS: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  '/-/sandbox.css': { type: 'text/css; charset=utf-8', text: STYLE },
  '/-/auto-post.js': { type: 'text/javascript; charset=utf-8', text: AUTO_POST },
};

/** @returns whether the request was for an asset and is answered. */
export function serveAsset(path: string, req: IncomingMessage, res: ServerResponse): boolean {
  const asset = ASSETS[path];
  if (!asset || (req.method !== 'GET' && req.method !== 'HEAD')) return false;
  res.writeHead(200, { 'content-type': asset.type, 'cache-control': 'max-age=300' });
  res.end(req.method === 'HEAD' ? '' : asset.text);
  return true;
}
