import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/base/index.ts';
import { makeSigningKey, type SigningKey } from '../support/saml-idp.ts';
import { readSent, SamlPeer } from '../support/saml-peer.ts';

/** What a peer does with a logout message. */
export type Manner = 'confirms' | 'refuses' | 'partly' | 'shows a page' | 'is broken';

export type Received = {
  readonly peer: string;
  readonly parameters: URLSearchParams;
  /** Path and body as they came. */
  readonly path: string;
  readonly body: string;
};

/** Relying parties and an upstream behind one port, by host name: real HTTP, each as well behaved as a test says. */
export type Peers = AsyncDisposable & {
  readonly port: number;
  readonly manners: Map<string, Manner>;
  readonly received: Received[];
  /** What a peer says by SOAP in place of what its manner says. */
  readonly soapAnswers: Map<string, (peer: SamlPeer, requestId: string) => string>;
  saml(name: string, theirSlo: string): SamlPeer;
  url(name: string, path: string): string;
};

const NAMES = ['media', 'crm', 'depot', 'archive', 'idp'] as const;
let madeKeys: Promise<ReadonlyMap<string, SigningKey>> | undefined;

export async function startPeers(clock: Clock): Promise<Peers> {
  madeKeys ??= Promise.all(NAMES.map(async (name) => [name, await makeSigningKey()] as const)).then(
    (entries) => new Map(entries),
  );
  const keys = await madeKeys;
  const manners = new Map<string, Manner>();
  const received: Received[] = [];
  const soapAnswers: Peers['soapAnswers'] = new Map();
  const samls = new Map<string, SamlPeer>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = (name: string, path: string): string => `http://${name}.localhost:${port}${path}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.headers.host ?? '').split('.')[0] ?? '';
    const target = new URL(request.url ?? '/', url(name, '/'));
    let body = '';
    for await (const part of request) body += String(part);
    const parameters = request.method === 'POST' ? new URLSearchParams(body) : target.searchParams;
    const manner = manners.get(name) ?? 'confirms';
    received.push({ peer: name, parameters, path: target.pathname, body });
    if (target.pathname === '/backchannel') {
      response.writeHead(manner === 'confirms' ? 200 : manner === 'refuses' ? 400 : 503).end();
      return;
    }
    if (target.pathname === '/soap') return answerSoap(name, manner, body, response);
    if (target.pathname !== '/slo' || manner === 'shows a page' || manner === 'is broken') {
      response.writeHead(manner === 'is broken' ? 500 : 200, { 'content-type': 'text/html' });
      response.end(`<h1>${name}</h1>`);
      return;
    }
    const sent = readSent(parameters);
    const peer = samls.get(name);
    if (sent.kind !== 'LogoutRequest' || !peer) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${name} signed out</h1>`);
      return;
    }
    const status = { confirms: ['Success'], refuses: ['Responder'], partly: ['Responder', 'PartialLogout'] }[
      manner
    ];
    const xml = peer.response({ inResponseTo: sent.id, status });
    response.writeHead(302, { location: peer.redirect(xml) }).end();
  }

  function answerSoap(name: string, manner: Manner, body: string, response: ServerResponse): void {
    const peer = samls.get(name);
    const [, inResponseTo = ''] = / ID="([^"]+)"/.exec(body) ?? [];
    if (!peer || manner === 'is broken' || manner === 'shows a page') {
      response.writeHead(manner === 'shows a page' ? 200 : 500).end('<h1>no</h1>');
      return;
    }
    const status = { confirms: ['Success'], refuses: ['Responder'], partly: ['Success', 'PartialLogout'] }[
      manner
    ];
    const xml = soapAnswers.get(name)?.(peer, inResponseTo) ?? peer.response({ inResponseTo, status });
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header/><S:Body>${xml}</S:Body></S:Envelope>`,
    );
  }

  return {
    ...{ port, manners, received, soapAnswers, url },
    saml(name, theirSlo) {
      const key = keys.get(name);
      if (!key) throw new Error(`no key for ${name}`);
      const peer =
        samls.get(name) ?? new SamlPeer({ entityId: url(name, '/metadata'), key, clock, theirSlo });
      samls.set(name, peer);
      return peer;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
