import { accessEvents, type Origin } from '../access-log/index.ts';
import { newId, Unavailable, VestibuleError } from '../base/index.ts';
import type { EndingDeps } from './deps.ts';

/** Where a message from outside arrived: the kind under which junk is counted, and who may have sent it. */
export type Door = { readonly kind: string; readonly connection?: string };

/**
 * A message that ended nothing. What anybody could have made is counted; what a known peer must have signed, such as
 * a repetition, is an event of its own (R6.3).
 *
 * @returns the error, to be thrown on.
 */
export async function refuseMessage(
  error: unknown,
  { kind, connection }: Door,
  origin: Origin,
  { accessLog, log }: EndingDeps,
): Promise<unknown> {
  const code = error instanceof VestibuleError ? error.code : 'http.internal';
  log.info('a logout message was refused', { door: kind, code, error });
  if (!PROVEN.has(code)) {
    if (!(error instanceof Unavailable)) accessLog.countJunk(kind, origin.address ?? 'unknown');
    return error;
  }
  await accessLog.append(
    accessEvents.logoutRefused({
      ...{ thread: newId('ref'), code, personal: origin },
      ...(connection !== undefined && { connection }),
      facts: { from: connection ?? 'relying party', reason: code },
    }),
  );
  return error;
}

/** Codes that are only reached behind a valid signature of the peer. */
const PROVEN = new Set([
  'saml.wrong_issuer',
  'saml.wrong_destination',
  'saml.expired',
  'saml.replayed',
  'saml.unexpected_answer',
  'logout.not_asked',
  'federation.wrong_issuer',
  'federation.wrong_audience',
  'federation.expired',
  'federation.replayed',
]);
