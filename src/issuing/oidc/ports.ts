import type { IncomingMessage } from 'node:http';
import type { AccessLog } from '../../access-log/index.ts';
import type { Clock, LoginId, PersonId, SessionId } from '../../base/index.ts';
import type { AttributeType, Entitlement, IdentityFacts, Person } from '../../model/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { HttpClient, Views } from '../../platform/http/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Registry } from '../../relying-parties/index.ts';
import type { VouchingSession } from '../issuer.ts';
import type { MachineConfig } from './config.ts';

/** What a token is asked for when access is decided once more. */
export type AccessQuestion = {
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly relyingParty: string;
  readonly thread: LoginId;
  readonly asked: 'login' | 'refresh' | 'userinfo' | 'introspection';
};

export type AccessAnswer =
  | {
      readonly outcome: 'allow';
      readonly person: Person;
      readonly session: VouchingSession;
      readonly entitlement: Entitlement;
      /** For claims that lean on the login itself. */
      readonly identity?: IdentityFacts;
      /** The connection is trusted to give out the person's mail address. */
      readonly isMailVouched?: boolean;
    }
  | {
      readonly outcome: 'deny';
      readonly code: string;
      /** One plain sentence, shown to the relying party. */
      readonly reason: string;
    };

/** May this person enter this relying party now, out of this session? Asked at every use of a token (DESIGN §1.3). */
export interface Access {
  /** A session that is over, or another person's, is a `deny`. @throws when a source that must answer does not. */
  decide(question: AccessQuestion): Promise<AccessAnswer>;
}

export type OidcNeeds = {
  readonly publicUrl: URL;
  readonly db: Database;
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'sealer' | 'lookup' | 'issuingKeys' | 'onIssuingKeysChange'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly http: HttpClient;
  readonly views: Views;
  readonly registry: Registry;
  /** Programs that sign in for themselves, by `client_credentials` only. */
  readonly machines: readonly MachineConfig[];
  /** Declared person attributes, for claims (R4.1). */
  /** Ways of signing in that can be asked for, as discovery says. */
  readonly authnContexts?: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly access: Access;
  readonly accessLog: Pick<AccessLog, 'append' | 'countJunk'>;
  /** The session of ours in the browser behind this request, if one runs. */
  readonly browserSession: (request: IncomingMessage) => Promise<SessionId | undefined>;
};
