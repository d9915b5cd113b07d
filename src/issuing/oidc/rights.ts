import { type Clock, earliest, SECOND } from '../../base/index.ts';
import type { Entitlement, IdentityFacts, Person } from '../../model/index.ts';
import type { Registry, RelyingParty } from '../../relying-parties/index.ts';
import type { VouchingSession } from '../issuer.ts';
import type { GrantBinding } from './grant-store.ts';
import type { OidcParty, Parties } from './parties.ts';
import type { Access, AccessQuestion } from './ports.ts';

/**
 * Verifiers accept a token for so long after its end, ours included; it is taken off every lifetime, so that even
 * the most lenient one stops in time (R3.4).
 */
export const CLOCK_TOLERANCE_SECONDS = 15;

/** What a person may have right now at one application and one store, from one session. */
export type Rights = {
  readonly binding: GrantBinding;
  readonly client: OidcParty;
  readonly store: RelyingParty;
  readonly person: Person;
  readonly session: VouchingSession;
  readonly identity?: IdentityFacts;
  readonly isMailVouched: boolean;
  readonly entitlement: Entitlement;
  /** Scopes that were asked for and may be given at the store. */
  readonly scopes: readonly string[];
  /** Whole seconds that anything given now may live; at least 1. */
  readonly secondsLeft: number;
};

export type RightsAnswer =
  | { readonly outcome: 'allow'; readonly rights: Rights }
  | {
      readonly outcome: 'deny';
      /** Who refused: the application itself, or the store that it wanted a token for. */
      readonly about: 'client' | 'store';
      readonly code: string;
      readonly reason: string;
    };

export type RightsDeps = {
  readonly access: Access;
  readonly parties: Parties;
  readonly registry: Registry;
  readonly clock: Clock;
};

/** Decides anew, for the application and, when it is another, for the store. Never from memory (R3.4). */
export async function askRights(
  binding: GrantBinding,
  wanted: ReadonlySet<string>,
  asked: AccessQuestion['asked'],
  deps: RightsDeps,
): Promise<RightsAnswer> {
  const client = deps.parties.application(binding.client);
  const store = deps.registry.relyingParty(binding.store);
  if (!client) return gone('client');
  const question = {
    personId: binding.personId,
    sessionId: binding.sessionId,
    thread: binding.thread,
    asked,
  };
  const atClient = await deps.access.decide({ ...question, relyingParty: client.id });
  if (atClient.outcome === 'deny') return { ...atClient, about: 'client' };
  const maySend = store && (store.id === client.id || client.access.resources.includes(store.id));
  if (!store || !maySend) return gone('store');
  const atStore =
    store.id === client.id ? atClient : await deps.access.decide({ ...question, relyingParty: store.id });
  if (atStore.outcome === 'deny') return { ...atStore, about: 'store' };
  if (atStore.person.id !== binding.personId || atStore.session.id !== binding.sessionId)
    return gone('client');

  const given = atStore.entitlement.scopes.filter(({ id }) => wanted.has(id));
  // R3.1: the end of the least of what it contains.
  const ends = earliest(
    atStore.session.ends,
    atClient.session.ends,
    ...[...atClient.entitlement.roles, ...atStore.entitlement.roles, ...given].map((each) => each.ends),
  );
  const secondsLeft = secondsUntil(ends ?? atStore.session.ends, deps.clock);
  if (secondsLeft < 1) {
    return {
      outcome: 'deny',
      about: 'client',
      code: 'policy.ended',
      reason: 'The access has come to its end.',
    };
  }
  return {
    outcome: 'allow',
    rights: {
      binding,
      client,
      store,
      person: atStore.person,
      session: atStore.session,
      ...(atStore.identity && { identity: atStore.identity }),
      isMailVouched: atStore.isMailVouched === true,
      entitlement: atStore.entitlement,
      scopes: given.map(({ id }) => id),
      secondsLeft,
    },
  };
}

function gone(about: 'client' | 'store'): RightsAnswer {
  return {
    outcome: 'deny',
    about,
    code: 'policy.relying_party_disabled',
    reason: 'The application or store is not open to this request.',
  };
}

function secondsUntil(ends: Date, clock: Clock): number {
  return Math.floor((ends.getTime() - clock.now().getTime()) / SECOND) - CLOCK_TOLERANCE_SECONDS;
}
