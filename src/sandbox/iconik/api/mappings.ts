import { z } from 'zod';
import type { GroupMapping } from '../model.ts';
import { mapGroup } from '../users.ts';
import { Id, readBody } from './body.ts';
import { type ApiCall, created, errors, type Handler, invalid, NO_CONTENT, notFound, ok } from './call.ts';
import { cursorPage } from './paging.ts';

const Body = z.object({ name: z.string().min(1, 'Must not be empty'), group_id: Id });

const mappingOf = ({ iconik, params }: ApiCall): GroupMapping | undefined =>
  iconik.store.mappings.find(({ name }) => name === params['name']);

/** By name, which is what `last_id` means here. */
export const listMappings: Handler = (call) =>
  cursorPage(
    call,
    call.iconik.store.mappings.toSorted((a, b) => a.name.localeCompare(b.name)),
    ({ name }) => name,
    (mapping) => mapping,
  );

export const getMapping: Handler = (call) => {
  const mapping = mappingOf(call);
  return mapping ? ok(mapping) : notFound('Group mapping');
};

/** A name that is mapped already has to be deleted first. */
export const createMapping: Handler = (call) => {
  const { store } = call.iconik;
  const read = readBody(call, Body);
  if (read.outcome === 'refused') return read.answer;
  const { name, group_id } = read.value;
  if (!store.groups.has(group_id))
    return invalid(call.iconik, { group_id: `Group ${group_id} does not exist` });
  if (store.mappings.some((each) => each.name === name)) return errors(409, 'Group mapping already exists');
  mapGroup(call.iconik, name, group_id);
  return created({ name, group_id });
};

export const removeMapping: Handler = (call) => {
  const mapping = mappingOf(call);
  if (!mapping) return notFound('Group mapping');
  call.iconik.store.mappings = call.iconik.store.mappings.filter((each) => each !== mapping);
  return NO_CONTENT;
};
