import { problem } from '../problems.ts';
import type { Rules } from '../writer.ts';

/** Deleting the record ends the session, of a browser or of the API. */
export const sessionRules: Rules = {
  erase: ({ org: { store } }, row) => {
    for (const [id, { recordId }] of store.sessions) if (recordId === row.Id) store.sessions.delete(id);
    for (const [token, { recordId }] of store.tokens) if (recordId === row.Id) store.tokens.delete(token);
  },
};

export const tokenRules: Rules = {
  remove: ({ org: { switches } }) =>
    switches.positions.oauthTokenDelete === 'refused'
      ? problem('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'entity type cannot be deleted: OAuth Token', [])
      : undefined,
};
