import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { VestibuleError } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { requestId } from './request-id.ts';
import type { Views } from './views.ts';

/** What an error page or error answer says. */
type Report = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
};

export const notFound: RequestHandler = (_req, _res, next) => {
  next(
    new VestibuleError({
      code: 'http.not_found',
      status: 404,
      publicMessage: 'There is no page at this address. The start page lists what you can open.',
    }),
  );
};

/**
 * The one place where an error becomes an answer. Below 500 the page shows the error's own sentence; from 500 on
 * only a reference id, under which the log has the rest. Those that wait for another system (503) say so.
 */
export function errorPages(views: Views, log: Log): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const report = reportOf(error);
    const reference = requestId() ?? '';
    if (report.status >= 500) log.error('request failed', { id: reference, code: report.code, error });
    else log.info('request refused', { id: reference, code: report.code, ...detailOf(error) });
    if (res.headersSent) return next(error);
    answer(views, req, res, report, reference);
  };
}

/** Why, for whoever connects another system: a page says that a message was refused, the log what about it. */
function detailOf(error: unknown): { readonly detail?: string } {
  return error instanceof VestibuleError && error.detail !== undefined ? { detail: error.detail } : {};
}

function reportOf(error: unknown): Report {
  if (error instanceof VestibuleError) {
    const showsOwnSentence = error.status < 500 || error.status === 502 || error.status === 503;
    return {
      status: error.status,
      code: error.code,
      message: showsOwnSentence ? error.publicMessage : 'Something went wrong on our side.',
      retryAfterSeconds: error.retryAfterSeconds,
    };
  }
  return (
    bodyParserReport(error) ?? {
      status: 500,
      code: 'http.internal',
      message: 'Something went wrong on our side.',
    }
  );
}

/** Express's parsers mark their errors with a 4xx status; their texts may quote the body, so ours replace them. */
function bodyParserReport(error: unknown): Report | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  if (status === 413)
    return { status, code: 'http.too_large', message: 'The request is larger than this page accepts.' };
  return { status, code: 'http.malformed', message: 'The request could not be read. Go back and try again.' };
}

function answer(views: Views, req: Request, res: Response, report: Report, reference: string): void {
  res.status(report.status);
  if (report.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(report.retryAfterSeconds));
  if (req.accepts(['html', 'json']) === 'json') {
    // RFC 9457
    res.type('application/problem+json').send(
      JSON.stringify({
        type: 'about:blank',
        status: report.status,
        code: report.code,
        detail: report.message,
        instance: reference,
      }),
    );
    return;
  }
  res
    .type('html')
    .send(
      views.render('error', { ...report, retryAfterSeconds: report.retryAfterSeconds ?? null, reference }),
    );
}
