import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SECOND, type Secret } from '../../../base/index.ts';
import type {
  KnownSecrets,
  WebhookMessage,
  WebhookRefusal,
  WebhookVerdict,
} from '../../connector/target-webhooks.ts';
import type { StorefrontTarget } from './config.ts';
import { subjectOf, WebhookData } from './webhook-events.ts';

/** Carries the secret of the registration. */
export const SECRET_HEADER = 'x-vestibule-webhook';
/** Standard Webhooks: how old a signature may be, or how far ahead. */
const TOLERANCE_MS = 300 * SECOND;
/** `created_at` is in whole seconds, and the store's clock is known to a second. */
const RESOLUTION_MS = 2 * SECOND;

const Body = z.object({
  scope: z.string().max(200),
  producer: z.string().max(200),
  hash: z.string().max(200).optional(),
  created_at: z.int().min(0).max(99_999_999_999),
  data: WebhookData,
});

type Trust = Pick<StorefrontTarget, 'storeHash' | 'api' | 'webhooks'>;
type Proof =
  | { readonly outcome: 'signed'; readonly id: string }
  | { readonly outcome: 'by secret' }
  | Refused;
type Refused = { readonly outcome: 'refused'; readonly code: WebhookRefusal };

/**
 * Whether the store sent this. Checked in this order: the secret of the registration, if there is one; the signature, if
 * there is one and its keys are known; the age of what is signed; the store that it comes from.
 */
export function readWebhook(trust: Trust, message: WebhookMessage, known: KnownSecrets): WebhookVerdict {
  const proof = prove(trust, message, known);
  if (proof.outcome === 'refused') return proof;
  const parsed = Body.safeParse(parseJson(message.body));
  if (!parsed.success) return refuse('provisioning.webhook_malformed');
  const { scope, producer, hash, created_at: at, data } = parsed.data;
  // An app has one secret for all stores that installed it: the signature alone does not say which store this is.
  if (producer !== `stores/${trust.storeHash}`) return refuse('provisioning.webhook_foreign');
  const subject = subjectOf(scope, data);
  return {
    outcome: 'believed',
    messageId:
      proof.outcome === 'signed' ? `id ${proof.id}` : `body ${scope} ${hash ?? digest(message.body)} ${at}`,
    event: scope,
    ...(subject !== undefined && { externalId: subject }),
    at: new Date(at * SECOND),
    toMs: RESOLUTION_MS,
  };
}

function prove({ api, webhooks }: Trust, { headers, body }: WebhookMessage, known: KnownSecrets): Proof {
  const secret = headers[SECRET_HEADER];
  if (secret !== undefined && !isOneOf(secret, known.secrets)) return refuse('provisioning.webhook_secret');
  const keys = api.flatMap(({ clientSecret }) => clientSecret ?? []);
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers;
  const isSigned = id !== undefined || at !== undefined || signature !== undefined;
  if (!isSigned || keys.length === 0) {
    const isProven = secret !== undefined && webhooks.unsigned === 'with-secret';
    return isProven ? { outcome: 'by secret' } : refuse('provisioning.webhook_unproven');
  }
  if (!isText(id) || !isText(at) || !isText(signature) || !isSignedBy(keys, { id, at, signature, body })) {
    return refuse('provisioning.webhook_signature');
  }
  const age = Math.abs(known.now.getTime() - Number(at) * SECOND);
  // Written so that what is no number is refused.
  return age <= TOLERANCE_MS ? { outcome: 'signed', id } : refuse('provisioning.webhook_stale');
}

type Signed = {
  readonly id: string;
  readonly at: string;
  readonly signature: string;
  readonly body: Buffer;
};

/** Standard Webhooks with the bare client secret as key; a message may carry several signatures. */
function isSignedBy(keys: readonly Secret[], { id, at, signature, body }: Signed): boolean {
  if (!/^\d{1,12}$/.test(at)) return false;
  const given = signature.split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : []));
  return keys.some((key) => {
    const mac = createHmac('sha256', key.reveal()).update(`${id}.${at}.`).update(body).digest('base64');
    return given.some((each) => isSame(each, mac));
  });
}

function isOneOf(text: string | readonly string[], secrets: readonly Secret[]): boolean {
  return isText(text) && secrets.some((secret) => isSame(text, secret.reveal()));
}

/** In the same time whatever differs. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(one).digest(),
    createHash('sha256').update(other).digest(),
  );
}

/** Headers that matter come once, and not longer than this. */
function isText(header: string | readonly string[] | undefined): header is string {
  return typeof header === 'string' && header.length > 0 && header.length <= 1_000;
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function refuse(code: WebhookRefusal): Refused {
  return { outcome: 'refused', code };
}
