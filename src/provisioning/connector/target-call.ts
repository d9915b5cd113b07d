import { HttpUnavailable, SECOND } from '../../base/index.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { CallBudget } from '../targets/call-budget.ts';
import type { CallFailed } from './connector.ts';

const LONGEST_CALL_MS = 10 * SECOND;
const USER_AGENT = 'Vestibule (identity broker)';

export type CallAnswer = { readonly outcome: 'answered'; readonly response: HttpResponse } | CallFailed;

/**
 * One request of a connector within its budget, which notes it. No answer becomes a value: after a write that may have
 * left this machine, `maybeApplied` is true. Never throws for what the other side does.
 *
 * @param writes whether the request changes something there, whatever its method says.
 */
export async function callTarget(
  deps: { readonly id: string; readonly http: HttpClient; readonly log: Log },
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'maxBytes'>,
  budget: CallBudget,
  writes: boolean,
): Promise<CallAnswer> {
  const remainingMs = budget.remainingMs();
  if (remainingMs === 0) return { outcome: 'unavailable', code: 'provisioning.slow', maybeApplied: false };
  budget.countCall();
  try {
    const response = await deps.http.request({
      ...request,
      system: deps.id,
      timeoutMs: Math.min(remainingMs, LONGEST_CALL_MS),
      headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...request.headers },
    });
    return { outcome: 'answered', response };
  } catch (error) {
    if (!(error instanceof HttpUnavailable)) throw error;
    deps.log.warn('target did not answer', { target: deps.id, code: error.code });
    const code = error.code === 'http.timeout' ? 'provisioning.slow' : 'provisioning.target_unreachable';
    return { outcome: 'unavailable', code, maybeApplied: error.maybeSent && writes };
  }
}
