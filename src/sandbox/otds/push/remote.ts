import { z } from 'zod';
import type { DirectoryPerson } from '../../cast.ts';
import { groupUuid } from '../rest/entries.ts';
import type { Otds } from '../server.ts';
import { groupResource, memberChange, type Resource, userPatch, userResource } from './resources.ts';
import { createScimClient, type Exchange, type ScimReply } from './scim-client.ts';

const Created = z.object({ id: z.string() });
const Found = z.object({ Resources: z.array(Created).default([]) });

/** The broker's SCIM server as the connector sees it. Every function says whether the change was taken. */
export interface Remote {
  createUser(person: DirectoryPerson): Promise<boolean>;
  updateUser(before: DirectoryPerson, person: DirectoryPerson): Promise<boolean>;
  deleteUser(person: DirectoryPerson): Promise<boolean>;
  changeMember(group: string, op: 'add' | 'remove', person: DirectoryPerson): Promise<boolean>;
  putGroup(group: string): Promise<boolean>;
  exchanges(): readonly Exchange[];
  reset(): void;
}

type Kind = 'Users' | 'Groups';

export function createRemote(otds: Otds): Remote {
  const client = createScimClient(otds);
  const known = createKnownIds(client.send);
  const { positions } = otds.switches;

  const createUser: Remote['createUser'] = async (person) => {
    const resource = userResource(person);
    const reply = await known.create('Users', person.uuid, resource);
    if (reply?.status !== 409) return isGood(reply);
    const id = await known.user(person);
    return id !== undefined && isGood(await client.send('PUT', `/Users/${id}`, resource));
  };
  const deleteUser: Remote['deleteUser'] = async (person) => {
    const id = await known.user(person);
    if (id === undefined) return true;
    known.forget(person.uuid);
    const reply = await client.send('DELETE', `/Users/${id}`);
    return isGood(reply) || reply?.status === 404;
  };
  const updateUser: Remote['updateUser'] = async (before, person) => {
    const id = await known.user(before);
    if (id === undefined) return createUser(person);
    if (person.disabled && !before.disabled && positions.scimDisable === 'delete') return deleteUser(person);
    const patch = userPatch(userResource(before), userResource(person));
    if (!patch) return true;
    if (positions.scimUpdate === 'patch') return isGood(await client.send('PATCH', `/Users/${id}`, patch));
    return isGood(await client.send('PUT', `/Users/${id}`, userResource(person)));
  };
  const putGroup: Remote['putGroup'] = async (group) => {
    const members = otds.needs.people.all().filter(({ groups }) => groups.includes(group));
    const memberIds = (await Promise.all(members.map(known.user))).filter((id) => id !== undefined);
    const resource = groupResource(group, groupUuid(group), memberIds);
    const id = await known.group(group);
    if (id !== undefined) return isGood(await client.send('PUT', `/Groups/${id}`, resource));
    return isGood(await known.create('Groups', group, resource));
  };
  const changeMember: Remote['changeMember'] = async (group, op, person) => {
    const [id, member] = [await known.group(group), await known.user(person)];
    if (id === undefined || member === undefined || positions.scimGroupUpdate === 'put')
      return putGroup(group);
    return isGood(await client.send('PATCH', `/Groups/${id}`, memberChange(op, member)));
  };
  const reset = (): void => {
    known.clear();
    client.reset();
  };
  return {
    createUser,
    updateUser,
    deleteUser,
    changeMember,
    putGroup,
    exchanges: client.exchanges,
    reset,
  };
}

type Send = (method: string, path: string, body?: Resource) => Promise<ScimReply | undefined>;

/** The broker's ids of our people and groups: from creation, or looked up once by name. */
function createKnownIds(send: Send) {
  const ids = new Map<string, string>();
  const find = async (kind: Kind, key: string, filter: string): Promise<string | undefined> => {
    const id = ids.get(key);
    if (id !== undefined) return id;
    const reply = await send('GET', `/${kind}?filter=${encodeURIComponent(filter)}`);
    const found = reply?.status === 200 ? readFound(reply.body) : undefined;
    if (found !== undefined) ids.set(key, found);
    return found;
  };
  return {
    user: ({ uuid, login }: DirectoryPerson) => find('Users', uuid, `userName eq ${JSON.stringify(login)}`),
    group: (name: string) => find('Groups', name, `displayName eq ${JSON.stringify(name)}`),
    create: async (kind: Kind, key: string, resource: Resource): Promise<ScimReply | undefined> => {
      const reply = await send('POST', `/${kind}`, resource);
      const id = reply?.status === 201 ? Created.safeParse(parse(reply.body)).data?.id : undefined;
      if (id !== undefined) ids.set(key, id);
      return reply;
    },
    forget: (key: string) => ids.delete(key),
    clear: () => ids.clear(),
  };
}

const isGood = (reply: ScimReply | undefined): boolean => reply !== undefined && reply.status < 300;

const readFound = (body: string): string | undefined => Found.safeParse(parse(body)).data?.Resources[0]?.id;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
