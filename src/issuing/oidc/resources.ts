import { type Configuration, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { machineSeconds, tokenSeconds } from './lifetimes.ts';
import {
  accessTokenAlgOf,
  accessTokenFormatOf,
  type OidcParty,
  type Parties,
  resourceOf,
} from './parties.ts';
import type { RequestRights } from './request-rights.ts';
import { readVouched } from './vouched.ts';

type Resources = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

type Deps = { readonly parties: Parties; readonly rights: RequestRights; readonly publicUrl: URL };

/**
 * Stores as resources (RFC 8707). One request names one store, its own application when it names none; the code, the
 * refresh token and every access token stay with it (R8.4).
 */
export function resourceIndicators({ parties, rights, publicUrl }: Deps): Resources {
  return {
    enabled: true,
    defaultResource: async (_ctx, client, oneOf) => {
      if (oneOf) return oneOf as string[];
      const application = parties.application(client.clientId);
      return application ? resourceOf(application) : publicUrl.origin;
    },
    // An opaque token of the application for itself opens userinfo; every other token names its audience.
    useGrantedResource: async (ctx, { resource }) => {
      const client = parties.application(ctx.oidc.client?.clientId ?? '');
      return !(client && resource === resourceOf(client) && client.access.accessTokenFormat === 'opaque');
    },
    getResourceServerInfo: async (ctx, identifier, client) => {
      const machine = parties.machine(client.clientId);
      if (machine) {
        if (identifier !== publicUrl.origin) throw new errors.InvalidTarget();
        return {
          scope: machine.scopes.join(' '),
          accessTokenTTL: machineSeconds(machine),
          accessTokenFormat: 'opaque',
        };
      }
      return forPerson(ctx, identifier, parties, rights);
    },
  };
}

async function forPerson(
  ctx: KoaContextWithOIDC,
  identifier: string,
  parties: Parties,
  rights: RequestRights,
): Promise<ResourceServer> {
  const client = parties.application(ctx.oidc.client?.clientId ?? '');
  const store = client && parties.resource(identifier, client);
  if (!store) throw new errors.InvalidTarget();
  if (namesSeveral(ctx)) throw new errors.InvalidTarget('one resource at a time');
  const held = readVouched(ctx) ? await rights.ofSignOn(ctx) : rights.held(ctx);
  // Nobody is signed in yet: the request is well formed, and the decision comes later.
  if (!held) return { scope: store.scopes.join(' '), ...shapeOf(store) };
  if (held.store.id !== store.id) throw new errors.InvalidTarget();
  return { scope: held.scopes.join(' '), accessTokenTTL: tokenSeconds(client, held), ...shapeOf(store) };
}

function shapeOf(store: RelyingParty): Pick<ResourceServer, 'accessTokenFormat' | 'jwt'> {
  return {
    accessTokenFormat: accessTokenFormatOf(store),
    jwt: { sign: { alg: accessTokenAlgOf(store) } },
  };
}

function namesSeveral(ctx: KoaContextWithOIDC): boolean {
  const named = ctx.oidc.params?.['resource'];
  return Array.isArray(named) && named.length > 1;
}

/**
 * Refuses a resource that the token is not bound to, before the token is used up: the library notices only after it
 * has consumed the refresh token, which would turn the next refresh into a reuse and end the grant.
 */
export function checkBoundResource(ctx: KoaContextWithOIDC, client: OidcParty, bound: unknown): void {
  const asked = ctx.oidc.params?.['resource'];
  if (asked === undefined) return;
  if (Array.isArray(asked) || asked !== (bound ?? resourceOf(client))) {
    throw new errors.InvalidTarget('this grant is for another resource; sign in again to ask for this one');
  }
}
