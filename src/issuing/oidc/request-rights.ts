import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { GrantBinding, GrantStore, StoredGrant } from './grant-store.ts';
import { resourceOf } from './parties.ts';
import type { AccessQuestion } from './ports.ts';
import { askRights, type Rights, type RightsDeps } from './rights.ts';
import { readVouched } from './vouched.ts';

type Refusal = { readonly code: string; readonly reason: string; readonly binding: GrantBinding };

type Memory = {
  rights?: Promise<Rights>;
  settled?: Rights;
  refused?: Refusal;
  readonly grants: Map<string, Promise<StoredGrant | undefined>>;
};

/**
 * What one request found out, kept for this request only: hooks of the library that must answer at once (lifetimes)
 * read here what the asynchronous ones decided before.
 */
export class RequestRights {
  readonly #deps: RightsDeps & { readonly grants: GrantStore };
  readonly #memories = new WeakMap<object, Memory>();

  constructor(deps: RightsDeps & { readonly grants: GrantStore }) {
    this.#deps = deps;
  }

  /** Decided already in this request? */
  held(ctx: object): Rights | undefined {
    return this.#memory(ctx).settled;
  }

  /** Why this request was refused, for its event. */
  refusal(ctx: object): Refusal | undefined {
    return this.#memory(ctx).refused;
  }

  grant(ctx: object, id: string): Promise<StoredGrant | undefined> {
    const { grants } = this.#memory(ctx);
    const found = grants.get(id) ?? this.#deps.grants.find(id);
    grants.set(id, found);
    return found;
  }

  /**
   * On the way back from the sign-in, from the result that we wrote ourselves.
   *
   * @throws errors.AccessDenied, errors.InvalidTarget with the reason in plain words.
   */
  ofSignOn(ctx: KoaContextWithOIDC): Promise<Rights> {
    const vouched = readVouched(ctx);
    if (!vouched) throw new errors.LoginRequired('the sign-in is not finished');
    const binding: GrantBinding = { ...vouched, ...this.#place(ctx) };
    return this.#decide(ctx, binding, 'login', (about, reason) =>
      about === 'client' ? new errors.AccessDenied(reason) : new errors.InvalidTarget(reason),
    );
  }

  /**
   * At a token, from the grant that it hangs on. Undefined when there is no such grant.
   *
   * @throws errors.InvalidGrant, errors.InvalidTarget with the reason in plain words.
   */
  async ofGrant(
    ctx: KoaContextWithOIDC,
    grantId: string | undefined,
    scopes: ReadonlySet<string>,
    asked: AccessQuestion['asked'],
  ): Promise<Rights | undefined> {
    const grant = grantId === undefined ? undefined : await this.grant(ctx, grantId);
    if (!grant) return undefined;
    return this.#decide(
      ctx,
      grant.binding,
      asked,
      (about, reason) =>
        about === 'client'
          ? described(new errors.InvalidGrant(reason), reason)
          : new errors.InvalidTarget(reason),
      scopes,
    );
  }

  #decide(
    ctx: KoaContextWithOIDC,
    binding: GrantBinding,
    asked: AccessQuestion['asked'],
    refuse: (about: 'client' | 'store', reason: string) => Error,
    scopes: ReadonlySet<string> = ctx.oidc.requestParamScopes,
  ): Promise<Rights> {
    const memory = this.#memory(ctx);
    memory.rights ??= askRights(binding, scopes, asked, this.#deps).then((answer) => {
      if (answer.outcome === 'deny') {
        memory.refused = { ...answer, binding };
        throw refuse(answer.about, answer.reason);
      }
      memory.settled = answer.rights;
      return answer.rights;
    });
    return memory.rights;
  }

  /** Application and store of an authorization request. The library has checked both already. */
  #place(ctx: KoaContextWithOIDC): { readonly client: string; readonly store: string } {
    const client = this.#deps.parties.application(ctx.oidc.client?.clientId ?? '');
    const wanted = ctx.oidc.params?.['resource'];
    if (!client) throw new errors.InvalidClient('client is invalid');
    // The library checked it when the request came in; it may have been taken away since, for good reason.
    const redirect = String(ctx.oidc.params?.['redirect_uri']);
    if (!client.access.redirectUris.includes(redirect)) throw new errors.InvalidRedirectUri();
    const store = this.#deps.parties.resource(String(wanted ?? resourceOf(client)), client);
    if (!store) throw new errors.InvalidTarget();
    return { client: client.id, store: store.id };
  }

  #memory(ctx: object): Memory {
    const memory = this.#memories.get(ctx) ?? { grants: new Map() };
    this.#memories.set(ctx, memory);
    return memory;
  }
}

/** `InvalidGrant` says the same sentence always; ours tells the developer at the other side what to do. */
export function described<E extends Error>(error: E, reason: string): E {
  return Object.assign(error, { error_description: plain(reason) });
}

/** RFC 6749 5.2: error_description is ASCII without quotes and backslashes. */
function plain(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
