import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { type AccessLog, accessEvents } from '../../access-log/index.ts';
import { type Clock, MINUTE, newId, Unavailable } from '../../base/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { WebhookRefusal } from '../connector/target-webhooks.ts';
import type { Webhooks } from './webhooks.ts';

export type WebhookRoutesNeeds = {
  readonly webhooks: Pick<Webhooks, 'receive'>;
  readonly accessLog: Pick<AccessLog, 'append' | 'countJunk'>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Of the largest message that a target sends, many times over. */
const LARGEST = '16kb';
/** As it was sent: the signature is over these bytes. */
const readRaw = express.raw({ type: () => true, limit: LARGEST, inflate: false });

/** Other systems post there (R2.2). */
export function isWebhookPath(path: string): boolean {
  return path.startsWith('/webhooks/');
}

/** Refused before anybody knew which target it is for. */
type Unread =
  | 'provisioning.webhook_malformed'
  | 'provisioning.webhook_too_large'
  | 'provisioning.webhook_unknown';

const STATUS: Readonly<Record<WebhookRefusal | Unread, number>> = {
  'provisioning.webhook_unproven': 401,
  'provisioning.webhook_signature': 401,
  'provisioning.webhook_secret': 401,
  'provisioning.webhook_stale': 401,
  'provisioning.webhook_foreign': 401,
  'provisioning.webhook_malformed': 400,
  'provisioning.webhook_too_large': 413,
  'provisioning.webhook_unknown': 404,
};

/**
 * `POST /webhooks/:system/:target`. Reads no cookie, answers without a body, and says to nobody why it refuses.
 * NOTE: addresses are not limited: all customers of BigCommerce share theirs, so whoever can make a store of their own
 * send messages here could shut out ours.
 */
export function webhookRoutes({ webhooks, accessLog, clock, log }: WebhookRoutesNeeds): Router {
  const router = Router();
  const noted = new OncePerMinute(clock);

  router.post('/webhooks/:system/:target', readRaw, async (req: Request, res: Response) => {
    const [system, target] = placeOf(req);
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const headers = req.headers;
    const received = await webhooks.receive(system, target, { headers, body });
    switch (received.outcome) {
      case 'taken':
      case 'repeated':
        return void res.status(200).end();
      case 'unknown':
        return turnAway(req, res, 'provisioning.webhook_unknown');
      case 'refused':
        return refuse(req, res, received.code);
    }
  });
  router.use(
    '/webhooks/:system/:target',
    async (error: unknown, req: Request, res: Response, next: NextFunction) => {
      if (error instanceof Unavailable) {
        // The target sends it again.
        log.warn('a webhook could not be taken', { code: error.code });
        return void res
          .status(503)
          .setHeader('Retry-After', String(error.retryAfterSeconds ?? 30))
          .end();
      }
      const status = statusOf(error);
      if (status === 413) return turnAway(req, res, 'provisioning.webhook_too_large');
      if (status !== undefined) return turnAway(req, res, 'provisioning.webhook_malformed');
      next(error);
    },
  );
  return router;

  /** Counted each time; an event of its own once a minute for each target and reason (R6.3). */
  async function refuse(req: Request, res: Response, code: WebhookRefusal): Promise<void> {
    const [system, target] = placeOf(req);
    const address = req.ip ?? 'unknown';
    accessLog.countJunk(`webhook.${system}.${target}`, address);
    log.info('a webhook was refused', { system, code, target });
    if (noted.isFirst(`${target} ${code}`)) {
      const facts = { source: target, reason: code };
      await accessLog.append(
        accessEvents.webhookRefused({ thread: newId('ref'), target, code, facts, personal: { address } }),
      );
    }
    res.status(STATUS[code]).end();
  }

  /** Counted, and nothing more: the names in its path are whatever its sender made up. */
  function turnAway(req: Request, res: Response, code: Unread): void {
    accessLog.countJunk('webhook', req.ip ?? 'unknown');
    log.info('a webhook was refused', { code });
    res.status(STATUS[code]).end();
  }
}

function placeOf(req: Request): readonly [system: string, target: string] {
  return [String(req.params['system']), String(req.params['target'])];
}

/** What the parser of bodies says is wrong. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const status = Number(error.status);
  return status >= 400 && status < 500 ? status : undefined;
}

/** Keys come from configured targets and our own codes, so there are few. */
class OncePerMinute {
  readonly #clock: Clock;
  readonly #minutes = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isFirst(key: string): boolean {
    const minute = Math.floor(this.#clock.now().getTime() / MINUTE);
    if (this.#minutes.get(key) === minute) return false;
    this.#minutes.set(key, minute);
    return true;
  }
}
