import assert from 'node:assert/strict';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { OpenTarget, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import type { Answering, Json, Received, Reply, ScimStub } from './scim-stub.ts';
import { budget, personOf, READER } from './scim-world.ts';

/** Servers written by hand, each by the few answers that a test is about. */

export const PERSON = personOf();
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

export function desired(target: OpenTarget, change = {}): AccountImage {
  const answer = target.desire({ ...PERSON, ...change }, READER);
  assert.ok(answer.outcome === 'desired');
  return answer.image;
}

export const withoutGroups = ({ groups: _groups, ...image }: AccountImage): AccountImage => image;

export const create = ({ target }: ScimStub): Promise<WriteAnswer> =>
  target.create(withoutGroups(desired(target)), 'unused', budget());

export function update(
  stub: ScimStub,
  changes: AccountImage,
  over: Partial<{ call: string; refs: Record<string, string>; current: AccountImage }> = {},
): Promise<WriteAnswer> {
  const request = { externalId: 'u1', call: 'user', changes, current: {}, refs: {}, ...over };
  return stub.target.update(
    { ...request, desired: desired(stub.target), marker: 'unused', takeOver: false },
    budget(),
  );
}

/** The least that a server may show, in the odd ways that are found. */
export const BARE = {
  ID: 'u1',
  username: 'MIRA@halden.example',
  externalid: PERSON.id,
  active: 'True',
  EMAILS: { value: 'mira@halden.example' },
  displayName: 'Mira Lindqvist',
  name: { givenName: 'Mira', familyName: 'Lindqvist' },
};

/** Answers by `METHOD /path`; a list gives one answer after the other, the last for ever. */
export function table(replies: Readonly<Record<string, Reply | readonly Reply[]>>): Answering {
  const used = new Map<string, number>();
  return ({ method, path }: Received) => {
    const key = `${method} ${path}`;
    const reply = replies[key];
    if (!Array.isArray(reply)) return reply as Reply | undefined;
    const at = used.get(key) ?? 0;
    used.set(key, at + 1);
    return reply[Math.min(at, reply.length - 1)];
  };
}

export const bodies = (stub: ScimStub, method: string): Json[] =>
  stub.received.filter((each) => each.method === method).map(({ body }) => body);
export const operations = (stub: ScimStub): Json[] =>
  bodies(stub, 'PATCH').flatMap(({ Operations }) => Operations);
export const refusal = (status: number, scimType?: string): Reply => ({
  status,
  body: {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType && { scimType }),
  },
});
