import { accessEvents } from '../../access-log/index.ts';
import type { PersonId, SessionId } from '../../base/index.ts';
import type { Issuer, LoginRequests } from '../issuer.ts';
import { createClaims } from './claims.ts';
import { openEngine } from './engine.ts';
import { createGrantStore, type EndedGrant } from './grant-store.ts';
import { MOUNT_PATH, type Mountable, rootMetadata, underOurName } from './handler.ts';
import { createOidcIssuer } from './issuer.ts';
import { createLogoutTokens, type LogoutTokens } from './logout.ts';
import { createParties } from './parties.ts';
import type { OidcNeeds } from './ports.ts';
import { createRefreshStore } from './refresh-store.ts';
import { createRequestObjects } from './request-object.ts';
import { RequestRights } from './request-rights.ts';
import { createRequestNotes, createWaitingRequests } from './requests.ts';

/** Scopes that a machine may use at our own API, from its access token. */
export type MachineAccess = {
  readonly machine: string;
  readonly scopes: readonly string[];
  readonly expires: Date;
};

export interface OidcProvider extends LogoutTokens, Disposable {
  /** Issuer identifier: `<publicUrl>/oidc`. */
  readonly url: string;
  readonly issuer: Issuer;
  readonly requests: LoginRequests;
  /** Mounted at `/oidc` with no body parser before it. */
  readonly handler: Mountable;
  /** Mounted at `/.well-known/oauth-authorization-server/oidc` (RFC 8414). */
  readonly metadataHandler: Mountable;
  /** Ends what hangs on one session; its tokens do not refresh, open userinfo or introspect from here on. */
  endGrantsOfSession(sessionId: SessionId, reason: string): Promise<readonly EndedGrant[]>;
  /** The same for all sessions of a person. Close the person's gate first (R3.5). */
  endGrantsOfPerson(personId: PersonId, reason: string): Promise<readonly EndedGrant[]>;
  /** Who a machine's opaque token speaks for; undefined when it is unknown, over, or a person's. */
  machineAccess(token: string): Promise<MachineAccess | undefined>;
  /** After the registry's objects changed. */
  reload(): Promise<void>;
}

/** Opens the OpenID provider on a migrated database. */
export async function createOidcProvider(needs: OidcNeeds): Promise<OidcProvider> {
  const { publicUrl, registry, clock, keys, accessLog } = needs;
  const url = new URL(MOUNT_PATH, publicUrl).href;
  const log = needs.log.child({ room: 'issuing/oidc' });
  const parties = createParties(registry, needs.machines);
  const grants = createGrantStore(needs);
  const rights = new RequestRights({ access: needs.access, parties, registry, clock, grants });
  const notes = createRequestNotes(needs);
  const engine = await openEngine(url, {
    ...{ ...needs, log, parties, grants, rights, notes },
    refreshTokens: createRefreshStore(needs),
    requestObjects: createRequestObjects(needs),
    claims: createClaims(needs.attributes),
  });
  const requests = createWaitingRequests({ engine: engine.provider, notes, parties, clock, keys });
  const revoked = async (ended: readonly EndedGrant[], reason: string): Promise<readonly EndedGrant[]> => {
    for (const { thread, personId, sessionId, client, artefact } of ended) {
      const facts = { artefacts: [artefact], reason };
      await accessLog.append(
        accessEvents.tokenRevoked({ thread, personId, session: sessionId, relyingParty: client, facts }),
      );
    }
    return ended;
  };
  return {
    url,
    issuer: createOidcIssuer({ issuer: url, requests, keys }),
    requests,
    handler: underOurName(publicUrl, engine.callback),
    metadataHandler: rootMetadata(publicUrl, engine.callback),
    endGrantsOfSession: async (id, reason) => revoked(await grants.endOfSession(id), reason),
    endGrantsOfPerson: async (id, reason) => revoked(await grants.endOfPerson(id), reason),
    async machineAccess(token) {
      const found = await engine.provider().ClientCredentials.find(token);
      const machine = parties.machine(found?.clientId ?? '');
      if (!found?.isValid || !machine) return undefined;
      // RFC 9449 7.1: one that is bound to a key is nothing without the proof, which nobody here asks for.
      if (found.isSenderConstrained()) return undefined;
      const scopes = [...found.scopes].filter((scope) => machine.scopes.includes(scope));
      return { machine: machine.id, scopes, expires: new Date((found.exp ?? 0) * 1000) };
    },
    reload: () => engine.rebuild(),
    ...createLogoutTokens({ issuer: url, keys: engine.keys, parties, clock, http: needs.http }),
    [Symbol.dispose]: () => engine[Symbol.dispose](),
  };
}
