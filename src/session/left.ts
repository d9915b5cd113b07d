import type { Clock, PersonId, SessionId } from '../base/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { type EnteredParty, entriesOf } from './entries.ts';
import { openSealed } from './sealed.ts';
import type { SessionDb } from './tables.ts';

/** One line of the person's own list. */
export type ListedSession = {
  readonly id: SessionId;
  readonly connection: string;
  readonly device: string;
  readonly openedAt: Date;
  readonly ends: Date;
  /** Relying parties that were entered from it, in this order. */
  readonly entered: readonly string[];
};

/** What is left to do after a session ended: relying parties and the upstream may want to know. */
export type EndedSession = ListedSession & {
  readonly personId: PersonId;
  readonly parties: readonly EnteredParty[];
  /** What the upstream calls person and session; as the connection gave it. */
  readonly upstream: Readonly<Record<string, string>>;
  /** `sessionTokenHash` of the browser's token, so that the browser that held the session is known again. */
  readonly tokenHash: string;
};

/** A row of the index whose session is over. */
export type EndedRow = {
  readonly id: SessionId;
  readonly person_id: PersonId;
  readonly connection: string;
  readonly token_hash: string;
  readonly sealed: string;
  readonly opened_at: Date;
  readonly ends_at: Date;
};

type Deps = { readonly db: SessionDb; readonly keys: Keys; readonly clock: Clock };

/** What a session that is over leaves behind: relying parties and an upstream that may want to know. */
export async function leftBehind(row: EndedRow, deps: Deps): Promise<EndedSession> {
  const { id, person_id: personId } = row;
  const parties = (await entriesOf([{ id, personId }], deps)).get(id) ?? [];
  const sealer = await deps.keys.sealer(personId);
  const { device, upstreamSession } = openSealed(sealer, row);
  return {
    ...{ id, personId, connection: row.connection, openedAt: row.opened_at, ends: row.ends_at },
    ...{ device, parties, upstream: upstreamSession, tokenHash: row.token_hash },
    entered: parties.map(({ relyingParty }) => relyingParty),
  };
}
