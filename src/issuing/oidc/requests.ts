import type { Interaction, Provider } from 'oidc-provider';
import { type Clock, DAY, SECOND } from '../../base/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { Answer, GoneRequest, LoginRequest, LoginRequests, Refusal, SignOn } from '../issuer.ts';
import { requestGone } from './errors.ts';
import { INTERACTION_SECONDS } from './lifetimes.ts';
import { type Parties, resourceOf } from './parties.ts';
import { Asked } from './sign-in-prompt.ts';
import { vouchFor } from './vouched.ts';

/** Small marks beside the stored interactions: where each led, and that it was answered. */
export interface RequestNotes {
  /** Written when the request comes in, so that a late click can still be told where it wanted to go. */
  expect(uid: string, relyingParty: string): Promise<void>;
  /** Where an answered or expired request led; for a day. */
  whither(uid: string): Promise<string | undefined>;
  /** Of all calls for one request, in all processes, one gets true. */
  claim(uid: string): Promise<boolean>;
}

export function createRequestNotes(deps: {
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'lookup'>;
}): RequestNotes {
  const keyOf = (what: string, uid: string): string =>
    `issuing:oidc:${what}:${deps.keys.lookup('issuing-oidc/request', uid)}`;
  return {
    expect: (uid, relyingParty) => deps.keyValue.set(keyOf('request', uid), relyingParty, DAY),
    whither: (uid) => deps.keyValue.get(keyOf('request', uid)),
    claim: (uid) => deps.keyValue.add(keyOf('answered', uid), '1', 2 * INTERACTION_SECONDS * SECOND),
  };
}

export type WaitingDeps = {
  readonly engine: () => Provider;
  readonly notes: RequestNotes;
  readonly parties: Parties;
  readonly clock: Clock;
  readonly keys: Pick<Keys, 'lookup'>;
};

/** Authorization requests that wait for their sign-in. Used up by exactly one answer, whatever process gives it. */
export interface WaitingRequests extends LoginRequests {
  /** @returns the way back to where the library goes on. @throws VestibuleError `issuing.request_gone` */
  vouch(signOn: SignOn & { readonly request: LoginRequest }): Promise<{ answer: Answer; expires: Date }>;
}

const OAUTH_ERRORS: Readonly<Record<Refusal, readonly [error: string, description: string]>> = {
  'login-required': ['login_required', 'the person is not signed in'],
  denied: ['access_denied', 'the person may not enter'],
  'authn-context': ['unmet_authentication_requirements', 'the person did not sign in in the way asked for'],
  cancelled: ['access_denied', 'the person did not go on'],
  unavailable: ['temporarily_unavailable', 'a system that is needed for the sign-in does not answer'],
};

export function createWaitingRequests(deps: WaitingDeps): WaitingRequests {
  const { notes, clock } = deps;
  const find = (uid: string): Promise<Interaction | undefined> => deps.engine().Interaction.find(uid);

  const settle = async (request: LoginRequest, result: NonNullable<Interaction['result']>) => {
    const interaction = await find(request.handle);
    const isTheirs = interaction?.params['client_id'] === request.relyingParty;
    if (!interaction || !isTheirs || interaction.result) throw requestGone();
    // An error is no secret, but it leads a person there.
    if (!isRegistered(interaction, deps)) throw requestGone();
    if (!(await notes.claim(interaction.uid))) throw requestGone();
    interaction.result = result;
    const now = Math.floor(clock.now().getTime() / SECOND);
    await interaction.save(Math.max(1, Math.min(interaction.exp - now, INTERACTION_SECONDS)));
    return interaction;
  };

  return {
    async find(handle) {
      const interaction = await find(handle);
      if (interaction && !interaction.result) return toRequest(interaction, deps);
      const relyingParty = await notes.whither(handle);
      return relyingParty === undefined ? undefined : ({ gone: true, relyingParty } satisfies GoneRequest);
    },
    async refuse(request, why) {
      const [error, description] = OAUTH_ERRORS[why];
      return back(await settle(request, { error, error_description: description }));
    },
    async vouch(signOn) {
      const interaction = await settle(signOn.request, vouchFor(signOn.request.handle, signOn));
      return { answer: back(interaction), expires: new Date(interaction.exp * SECOND) };
    },
  };
}

/** The address was checked when the request came in; it may have been taken away since. */
function isRegistered({ params }: Interaction, { parties }: WaitingDeps): boolean {
  const { redirectUris } = parties.application(String(params['client_id']))?.access ?? {};
  return redirectUris?.includes(String(params['redirect_uri'])) === true;
}

/** Without the cookie of the browser that asked, the place itself opens nothing. */
function back(interaction: Interaction): Answer {
  return { kind: 'redirect', location: new URL(interaction.returnTo), carriesCredential: false };
}

function toRequest(interaction: Interaction, { parties, keys }: WaitingDeps): LoginRequest {
  const relyingParty = String(interaction.params['client_id']);
  const asked = Asked.parse(interaction.prompt.details);
  const client = parties.application(relyingParty);
  const store =
    client && parties.resource(String(interaction.params['resource'] ?? resourceOf(client)), client);
  return {
    handle: interaction.uid,
    protocol: 'oidc',
    relyingParty,
    requestId: requestIdOf(interaction.uid, keys),
    receivedAt: new Date(asked.receivedAt),
    // Choosing another account is only possible where people sign in: upstream.
    force: asked.prompts.includes('login') || asked.prompts.includes('select_account'),
    passive: asked.prompts.includes('none'),
    ...(asked.maxAgeSeconds !== undefined && { maxAgeSeconds: asked.maxAgeSeconds }),
    ...(asked.loginHint !== undefined && { loginHint: asked.loginHint }),
    ...(asked.acr && {
      context: { comparison: 'exact', classes: asked.acr.values, essential: asked.acr.essential },
    }),
    ...(store && store.id !== relyingParty && { resources: [store.id] }),
  };
}

/** The handle opens the request, so the log gets a hash of it. */
export function requestIdOf(uid: string, keys: Pick<Keys, 'lookup'>): string {
  return `interaction-${keys.lookup('issuing-oidc/request', uid).slice(0, 24)}`;
}
