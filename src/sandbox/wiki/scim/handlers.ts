import type { Request, Response } from 'express';
import { checkVersion, isUnchanged, sendEntry, setTag } from './call.ts';
import type { Entry } from './directory.ts';
import { readPatch } from './patch-body.ts';
import { ScimProblem } from './problem.ts';
import type { ResourceType } from './resource-type.ts';
import type { Scim } from './scim.ts';
import { createEntry, patchEntry, removeEntry, replaceEntry } from './writing.ts';

type Handler = (scim: Scim, type: ResourceType, req: Request, res: Response) => void;

export const create: Handler = (scim, type, req, res) => {
  const entry = createEntry(scim, type, req.body);
  scim.save();
  sendEntry(scim, req, res, 201, entry);
};

export const read: Handler = (scim, type, req, res) => {
  const entry = entryOf(scim, type, req);
  if (!isUnchanged(scim, req, entry)) {
    sendEntry(scim, req, res, 200, entry);
    return;
  }
  setTag(scim, res, entry);
  res.status(304).end();
};

export const replace: Handler = (scim, type, req, res) => {
  const entry = entryOf(scim, type, req);
  checkVersion(scim, req, entry);
  replaceEntry(scim, entry, req.body);
  scim.save();
  sendEntry(scim, req, res, 200, entry);
};

export const patch: Handler = (scim, type, req, res) => {
  const { scimPatch, scimPatchOp, scimPatchAnswer } = scim.positions();
  if (scimPatch !== 'supported') {
    throw new ScimProblem(
      scimPatch === 'answers-501' ? 501 : 405,
      undefined,
      'The wiki does not offer PATCH.',
    );
  }
  const entry = entryOf(scim, type, req);
  checkVersion(scim, req, entry);
  patchEntry(scim, entry, readPatch(req.body, scimPatchOp));
  scim.save();
  if (scimPatchAnswer === '200') {
    sendEntry(scim, req, res, 200, entry);
    return;
  }
  setTag(scim, res, entry);
  res.status(204).end();
};

export const remove: Handler = (scim, type, req, res) => {
  const entry = entryOf(scim, type, req);
  checkVersion(scim, req, entry);
  removeEntry(scim, entry);
  scim.save();
  res.status(204).end();
};

function entryOf(scim: Scim, type: ResourceType, req: Request): Entry {
  const id = String(req.params['id']);
  const entry = scim.directory().get(type.id, id);
  if (!entry) throw new ScimProblem(404, undefined, `Resource ${id} not found.`);
  return entry;
}
