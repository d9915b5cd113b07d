import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from 'express';
import { addMs, HOUR, newId } from '../../src/base/index.ts';
import type { Directory } from '../../src/directory/index.ts';
import type { Upstreams } from '../../src/federation/index.ts';
import { createCurrentSession } from '../../src/login/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createCookies } from '../../src/platform/http/index.ts';
import type { Session, Sessions } from '../../src/session/index.ts';

// Who is behind a request: asked anew each time, of everything that the answer leans on.

const NOW = new Date('2026-03-02T09:00:00Z');
const person: Person = { id: newId('per'), status: 'active', groups: [], attributes: {} };
const session: Session = {
  ...{ id: newId('ses'), personId: person.id, identityId: newId('idn'), connection: 'otds' },
  ...{ issuer: 'https://otds.example', openedAt: NOW, ends: addMs(NOW, HOUR), authTime: NOW },
  ...{ confirmedAt: NOW, authnContext: 'name/password/uri', amr: ['pwd'] },
};

function behind(
  cookie: string | undefined,
  more: {
    readonly found?: Session;
    readonly person?: Person | undefined;
    readonly connections?: string[];
  } = {},
) {
  const current = createCurrentSession({
    cookies: createCookies(new URL('https://sso.example.com')),
    sessions: {
      find: async (token: string) => (token === 'mine' ? (more.found ?? session) : undefined),
    } as unknown as Sessions,
    directory: {
      personBehind: async () => {
        const who = 'person' in more ? more.person : person;
        return who && { person: who, facts: {} };
      },
    } as unknown as Directory,
    upstreams: {
      get: (id: string) => ((more.connections ?? ['otds']).includes(id) ? {} : undefined),
    } as unknown as Upstreams,
  });
  return current.of({ headers: { cookie } } as Request);
}

const MINE = '__Host-vestibule-session=mine';

test('a running session is its person, with the sign-in that vouches for them', async () => {
  assert.deepEqual(await behind(MINE), {
    ...{ session, person },
    identity: {
      ...{ id: session.identityId, connection: 'otds', issuer: 'https://otds.example', amr: ['pwd'] },
      ...{ authTime: NOW, confirmedAt: NOW, authnContext: 'name/password/uri' },
    },
  });
});

for (const [who, cookie, more] of [
  ['without a cookie', undefined, {}],
  ['with a token that is none', '__Host-vestibule-session=theirs', {}],
  ['with a cookie that another host set', 'vestibule-session=mine', {}],
  ['who was switched off meanwhile', MINE, { person: { ...person, status: 'disabled' } }],
  ['whom the directory does not know any more', MINE, { person: undefined }],
  ['whose login belongs to somebody else by now', MINE, { found: { ...session, personId: newId('per') } }],
  ['whose connection was removed', MINE, { connections: ['access-manager'] }],
] as const) {
  test(`somebody ${who} is nobody`, async () => {
    assert.equal(await behind(cookie, more as Parameters<typeof behind>[1]), undefined);
  });
}
