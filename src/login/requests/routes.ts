import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { GoneRequest, LoginRequest, Refusal } from '../../issuing/index.ts';
import { onlyConnection } from '../begin.ts';
import { type BrowserSteps, loginOf, refusePrefetch } from '../browser-steps.ts';
import type { LoginDeps } from '../deps.ts';
import { LoginError } from '../errors.ts';
import { runPipeline } from '../pipeline.ts';
import type { SignedIn } from '../state.ts';
import { type Destination, newLoginId, RequestRef } from '../transaction.ts';
import { refuseRequest, suffices, wantsStepUp } from '../waiting-request.ts';

/** What a person may choose to answer on the way out; everything else is said by the sign-in itself. */
const REFUSALS: readonly Refusal[] = [
  'denied',
  'login-required',
  'authn-context',
  'cancelled',
  'unavailable',
];

/**
 * Takes up requests of relying parties: `issuing` checked and kept them, the browser brings the handle. Both routes
 * are same-origin GETs that can be repeated; the request is used up by its answer alone (R2.2).
 */
export function requestRoutes(options: {
  readonly deps: LoginDeps;
  readonly steps: BrowserSteps;
  readonly limit: RequestHandler;
}): Router {
  const { deps, steps, limit } = options;
  const router = Router();

  router.get('/login/request/:protocol/:handle', refusePrefetch, limit, async (req, res) => {
    const ref = refOf(req);
    const request = await find(req, ref);
    if ('gone' in request) return over(res, request);
    const destination: Destination = { relyingParty: request.relyingParty, request: ref };
    const login = { ...loginOf(req, newLoginId(), destination), request };
    await steps.guarded(res, login.id, destination, async () => {
      const signedIn = await steps.signedInFor(req, login);
      const isEnough =
        signedIn &&
        !steps.isStale(signedIn) &&
        suffices(signedIn.session, request, deps.clock.now()) &&
        !wantsStepUp(signedIn.session, request, deps);
      if (!isEnough) {
        return askUpstream(req, res, request, destination, signedIn);
      }
      const state = await runPipeline({ stage: 'decide', login, signedIn, events: [] }, deps);
      await steps.leave(res, state, signedIn.person);
    });
  });

  router.get('/login/request/:protocol/:handle/refuse', refusePrefetch, limit, async (req, res) => {
    const request = await find(req, refOf(req));
    if ('gone' in request) return over(res, request);
    const why = REFUSALS.find((known) => known === req.query['why']) ?? 'cancelled';
    const destination = { relyingParty: request.relyingParty };
    steps.answer(res, await refuseRequest(request, why, deps), steps.partyOf(destination));
  });

  return router;

  function refOf(req: Request): NonNullable<Destination['request']> {
    const ref = RequestRef.safeParse(req.params);
    if (!ref.success) throw steps.junk(req, new LoginError('login.unknown_transaction'), 'link');
    return ref.data;
  }

  async function find(
    req: Request,
    { protocol, handle }: NonNullable<Destination['request']>,
  ): Promise<LoginRequest | GoneRequest> {
    const found = await deps.requestsOf(protocol)?.find(handle);
    if (!found) throw steps.junk(req, new LoginError('login.unknown_transaction'), 'link');
    return found;
  }

  function over(res: Response, { relyingParty }: GoneRequest): void {
    steps.expired(res, { relyingParty }, steps.partyOf({ relyingParty }));
  }

  async function askUpstream(
    req: Request,
    res: Response,
    request: LoginRequest,
    destination: Destination,
    signedIn: SignedIn | undefined,
  ): Promise<void> {
    const { force, passive } = request;
    const connection = signedIn?.session.connection ?? onlyConnection(deps);
    const isFresh = signedIn !== undefined && suffices(signedIn.session, request, deps.clock.now());
    const mustProve = force || (signedIn !== undefined && !isFresh);
    if (passive && (mustProve || connection === undefined)) {
      const answer = await refuseRequest(request, 'login-required', deps);
      return steps.answer(res, answer, steps.partyOf(destination));
    }
    const wanted = {
      destination,
      // R4.6: the facts alone are too old, so most people need not see anything.
      silent: passive || (isFresh && !wantsStepUp(signedIn.session, request, deps)),
      ...(mustProve && { force: true as const }),
    };
    if (connection === undefined || (!signedIn && !passive)) return steps.startOrChoose(req, res, wanted);
    return steps.begin(req, res, { connection, ...wanted }, 'get');
  }
}
