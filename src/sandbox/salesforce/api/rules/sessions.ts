import { problem } from '../problems.ts';
import { takeAway } from '../undo.ts';
import type { Rules } from '../writer.ts';

/** Deleting the record ends the session, of a browser or of the API. */
export const sessionRules: Rules = {
  erase: ({ org: { store } }, row) => {
    takeAway(store.sessions, ({ recordId }) => recordId === row.Id, store.records);
    takeAway(store.tokens, ({ recordId }) => recordId === row.Id, store.records);
  },
};

export const tokenRules: Rules = {
  remove: ({ org: { switches } }) =>
    switches.positions.oauthTokenDelete === 'refused'
      ? problem('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'entity type cannot be deleted: OAuth Token', [])
      : undefined,
};
