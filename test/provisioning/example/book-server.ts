import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An entry of the address book. */
export type Entry = {
  id: string;
  mail: string;
  name: string;
  state: 'in-use' | 'suspended';
  lists: string[];
  /** Printed at the front desk; the API only shows it. */
  badge: string;
  /** Free text for whoever made the entry. */
  tag: string;
};

export type Reaction = {
  status?: number;
  loseReply?: boolean;
  /** With a lost reply: the request is carried out when this is called, long after the caller gave up. */
  later?: (carryOut: () => void) => void;
  headers?: Record<string, string>;
};

/** The address book of a fictitious company: the smallest system that has accounts, over real HTTP. */
export interface Book extends AsyncDisposable {
  readonly url: URL;
  readonly entries: Map<string, Entry>;
  /** Lists that exist. */
  readonly lists: Set<string>;
  /** `PUT /people/p1` and so on. */
  readonly calls: string[];
  /** Decides about the next requests; undefined lets them through. */
  react: ((call: string) => Reaction | undefined) | undefined;
  add(entry: Partial<Entry>): Entry;
}

export async function startBook(): Promise<Book> {
  const entries = new Map<string, Entry>();
  const lists = new Set(['news', 'sales', 'staff']);
  let count = 0;
  const add: Book['add'] = (entry) => {
    count += 1;
    const made: Entry = {
      ...{ id: `p${count}`, mail: '', name: '', state: 'in-use', lists: [], badge: '', tag: '' },
      ...entry,
    };
    entries.set(made.id, made);
    return made;
  };
  const book = { entries, lists, calls: [] as string[], react: undefined as Book['react'], add };
  const server = createServer((req, res) => void answer(book, req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(book, {
    url: new URL(`http://book.localhost:${port}/`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

type Inside = Pick<Book, 'entries' | 'lists' | 'calls' | 'react' | 'add'>;

async function answer(book: Inside, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://book.localhost');
  const call = `${req.method} ${url.pathname}`;
  const body = await readBody(req);
  book.calls.push(call);
  const reaction = book.react?.(call);
  if (reaction?.status !== undefined) return send(res, reaction.status, {}, reaction.headers);
  if (reaction?.later) {
    reaction.later(() => void handle(book, req.method ?? 'GET', url, body));
    return void res.destroy();
  }
  const { status, value } = handle(book, req.method ?? 'GET', url, body);
  if (reaction?.loseReply) return void res.destroy();
  send(res, status, value);
}

type Answer = { status: number; value: unknown };

function handle(book: Inside, method: string, url: URL, body: Partial<Entry>): Answer {
  const id = /^\/people\/(\w+)$/.exec(url.pathname)?.[1];
  if (url.pathname === '/lists') return { status: 200, value: [...book.lists] };
  if (url.pathname === '/people' && method === 'GET') return find(book, url);
  if (url.pathname === '/people' && method === 'POST') {
    const isTaken = [...book.entries.values()].some(({ mail }) => mail === body.mail);
    return isTaken ? { status: 409, value: {} } : { status: 201, value: book.add(body) };
  }
  const entry = id === undefined ? undefined : book.entries.get(id);
  if (!entry) return { status: 404, value: {} };
  if (method === 'DELETE') book.entries.delete(entry.id);
  if (method === 'PUT') {
    const unknown = body.lists?.find((list) => !book.lists.has(list));
    if (unknown !== undefined) return { status: 422, value: { field: 'lists' } };
    Object.assign(entry, body);
  }
  return { status: 200, value: entry };
}

function find(book: Inside, url: URL): Answer {
  const mail = url.searchParams.get('mail');
  const found = [...book.entries.values()].filter((entry) => mail === null || entry.mail === mail);
  const from = Number(url.searchParams.get('from') ?? 0);
  return { status: 200, value: { people: found.slice(from, from + PAGE), total: found.length } };
}

/** Small, so that paging shows. */
const PAGE = 3;

async function readBody(req: IncomingMessage): Promise<Partial<Entry>> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Partial<Entry>);
}

function send(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(value));
}
