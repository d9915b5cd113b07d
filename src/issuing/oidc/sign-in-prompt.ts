import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import type { Clock } from '../../base/index.ts';
import { ClaimsRequest, wantedAcr } from './claims-request.ts';
import type { RequestObjects } from './request-object.ts';
import { readVouched } from './vouched.ts';

/** What a request said about the sign-in, kept with the interaction under our own names. */
export const Asked = z.object({
  /** Milliseconds since 1970 by our clock; the library dates an interaction by the machine's. */
  receivedAt: z.number(),
  prompts: z.array(z.string()),
  maxAgeSeconds: z.number().optional(),
  loginHint: z.string().optional(),
  /** The person whom the relying party believes to have (`id_token_hint`). */
  hintedSubject: z.string().optional(),
  /** Values of `acr`; essential: no other one will do. */
  acr: z.object({ values: z.array(z.string()), essential: z.boolean() }).optional(),
});
export type Asked = z.infer<typeof Asked>;

const { Check, Prompt } = interactionPolicy;

export type SignInDeps = { readonly clock: Clock; readonly requestObjects: Pick<RequestObjects, 'spend'> };

/**
 * Every authorization request goes through our own login, session or not (R2.1): the check is content only with what
 * login wrote for this very interaction. First parties are never asked for consent.
 */
export function signInPolicy({ clock, requestObjects }: SignInDeps): interactionPolicy.Prompt[] {
  const vouch = new Check(
    'not_vouched',
    'the person is not signed in here',
    'login_required',
    async (ctx) => {
      if (readVouched(ctx)) return Check.NO_NEED_TO_PROMPT;
      await requestObjects.spend(ctx);
      asked.set(ctx, read(ctx, clock));
      // Whether a page may be shown is for login to say, which alone knows our session: the library would refuse at once.
      if (ctx.oidc.params) ctx.oidc.params['prompt'] = undefined;
      return Check.REQUEST_PROMPT;
    },
  );
  const details = (ctx: KoaContextWithOIDC): Asked =>
    asked.get(ctx) ?? { receivedAt: clock.now().getTime(), prompts: [] };
  const login = new Prompt({ name: 'login', requestable: true }, details, vouch);
  // Its own check would ask again after each answer; login does what `prompt=login` means, and says so in auth_time.
  login.checks.remove('login_prompt');
  return [login, accepted('consent'), accepted('select_account')];
}

const asked = new WeakMap<object, Asked>();

/** A value that may be asked for, and asks for nothing that login does not do already. */
function accepted(name: string): interactionPolicy.Prompt {
  const prompt = new Prompt({ name, requestable: true });
  prompt.checks.clear();
  return prompt;
}

function read(ctx: KoaContextWithOIDC, clock: Clock): Asked {
  // Resumed without an answer: the question is still the first one.
  const before = Asked.safeParse(ctx.oidc.entities.Interaction?.prompt.details);
  if (before.success) return before.data;
  const { max_age: maxAge, login_hint: loginHint, acr_values: acrValues } = ctx.oidc.params ?? {};
  const claims = ClaimsRequest.parse(ctx.oidc.claims ?? {});
  // Core 5.5.1: the person is asked for by either.
  const hinted = ctx.oidc.entities.IdTokenHint?.payload['sub'] ?? claims.id_token?.['sub']?.value;
  const acr = wantedAcr(ctx.oidc.params?.['claims'], acrValues);
  return {
    receivedAt: clock.now().getTime(),
    prompts: [...ctx.oidc.prompts],
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
    ...(typeof loginHint === 'string' && { loginHint }),
    ...(typeof hinted === 'string' && { hintedSubject: hinted }),
    ...(acr && { acr }),
  };
}
