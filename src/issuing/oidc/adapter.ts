import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import { addMs, SECOND, VestibuleError } from '../../base/index.ts';
import { metadataOfApplication, metadataOfMachine } from './client-metadata.ts';
import type { GrantStore, StoreDeps, StoredGrant } from './grant-store.ts';
import type { Parties } from './parties.ts';
import type { RefreshStore } from './refresh-store.ts';
import type { RequestObjects } from './request-object.ts';
import type { RequestRights } from './request-rights.ts';
import {
  createNoSessionStore,
  createReplayStore,
  createShortLivedStore,
  type ShortLivedDeps,
} from './short-lived-store.ts';

export type AdapterDeps = StoreDeps &
  ShortLivedDeps & {
    readonly parties: Parties;
    readonly grants: GrantStore;
    readonly refreshTokens: RefreshStore;
    readonly rights: RequestRights;
    readonly requestObjects: Pick<RequestObjects, 'spend'>;
  };

/** Where the library keeps what: each of its models has one home (R7.3). */
export function adapterFor(deps: AdapterDeps): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return clientAdapter(deps.parties);
      case 'Session':
        return createNoSessionStore();
      case 'Grant':
        return grantAdapter(deps);
      case 'RefreshToken':
        return {
          ...unused(model),
          ...deps.refreshTokens,
          upsert: async (id, payload, seconds = 0) => {
            const grant = await grantBehind(payload.grantId ?? '', deps);
            await deps.refreshTokens.upsert(id, payload, grant, seconds);
          },
        };
      case 'PushedAuthorizationRequest': {
        const store = createShortLivedStore(model, deps);
        return {
          ...store,
          upsert: async (id, payload, seconds) => {
            await deps.requestObjects.spend(Provider.ctx);
            await store.upsert(id, payload, seconds);
          },
        };
      }
      case 'ReplayDetection':
        return createReplayStore(deps);
      default:
        return createShortLivedStore(model, deps);
    }
  };
}

/** Looked up at each request, so a changed registration counts at once. */
function clientAdapter(parties: Parties): Adapter {
  return {
    ...unused('Client'),
    async find(id) {
      const application = parties.application(id);
      if (application) return metadataOfApplication(application);
      const machine = parties.machine(id);
      return machine && metadataOfMachine(machine);
    },
  };
}

function grantAdapter({ grants, rights, clock }: AdapterDeps): Adapter {
  return {
    ...unused('Grant'),
    async upsert(id, payload, expiresIn = 0) {
      const held = rights.held(Provider.ctx ?? {});
      if (!held) throw fault('a grant was made outside of a sign-on');
      await grants.insert(id, { binding: held.binding, payload }, addMs(clock.now(), expiresIn * SECOND));
    },
    async find(id): Promise<AdapterPayload | undefined> {
      return (await grantBehind(id, { grants, rights }))?.payload;
    },
    destroy: (id) => grants.remove(id),
  };
}

/** Read once in a request, however many of its steps ask. */
async function grantBehind(
  id: string,
  { grants, rights }: Pick<AdapterDeps, 'grants' | 'rights'>,
): Promise<StoredGrant | undefined> {
  const ctx = Provider.ctx;
  return ctx ? rights.grant(ctx, id) : grants.find(id);
}

/** A call that this product never leads to is a mistake of ours, not something to answer quietly. */
function unused(model: string): Adapter {
  const never = async (): Promise<never> => {
    throw fault(`the store of ${model} was asked for something it does not do`);
  };
  return {
    upsert: never,
    find: never,
    findByUid: never,
    findByUserCode: never,
    consume: never,
    destroy: never,
    revokeByGrantId: never,
  };
}

function fault(detail: string): VestibuleError {
  return new VestibuleError({
    code: 'issuing.oidc_store',
    status: 500,
    publicMessage: 'Something went wrong on our side.',
    detail,
  });
}
