import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../../base/index.ts';
import { html, page } from '../html.ts';
import { serveAsset } from './assets.ts';
import type { RequestFacts } from './fault.ts';
import { passThrough } from './fault-gate.ts';
import type { RunningSystem } from './running-system.ts';

export type Site = {
  readonly systems: readonly RunningSystem[];
  /** Answers for the control host. Faults never hit it. */
  readonly control: { readonly host: string; readonly handler: RequestListener };
  readonly clock: Clock;
};

/** Finds the virtual host of a request (RFC 9110 7.2) and passes the request on. */
export function dispatch(site: Site, req: IncomingMessage, res: ServerResponse): void {
  const facts = factsOf(req);
  if (serveAsset(facts.path, req, res)) return;
  if (facts.host === site.control.host) {
    site.control.handler(req, res);
    return;
  }
  const system = site.systems.find(({ hosts }) => hosts.includes(facts.host));
  if (!system) {
    sendUnknownHost(site, facts.host, res);
    return;
  }
  const fault = system.faults.take(facts);
  const noteStatus = system.calls.note({
    at: site.clock.now().toISOString(),
    ...facts,
    query: queryOf(req),
    ...(fault && { fault: fault.kind }),
  });
  res.once('finish', () => noteStatus(res.statusCode));
  passThrough(system, fault, facts, req, res);
}

function factsOf(req: IncomingMessage): RequestFacts {
  const host = (req.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
  return { method: req.method ?? 'GET', host, path: (req.url ?? '/').split('?', 1)[0] ?? '/' };
}

function queryOf(req: IncomingMessage): string {
  const url = req.url ?? '';
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

function sendUnknownHost(site: Site, host: string, res: ServerResponse): void {
  const hosts = [site.control.host, ...site.systems.flatMap((system) => system.hosts)];
  res.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
  res.end(
    page({
      title: 'No such host',
      brand: 'Sandbox',
      body: html`<h1>No such host</h1>
<p>Nothing is simulated at <code>${host}</code>. These hosts exist on this port:</p>
<ul>${hosts.map((each) => html`<li><code>${each}</code></li>`)}</ul>`,
    }),
  );
}
