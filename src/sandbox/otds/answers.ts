import type { Response } from 'express';
import { html, page } from '../html.ts';

export const BRAND = 'OpenText Directory Services';

/** An error page of the server itself: for requests whose redirect address cannot be trusted (RFC 6749 4.1.2.1). */
export function sendErrorPage(res: Response, status: number, message: string): void {
  res
    .status(status)
    .type('html')
    .send(
      page({ title: 'Error', brand: BRAND, body: html`<h1>Error</h1><p class="problem">${message}</p>` }),
    );
}

/** RFC 6749 5.2. */
export function sendOAuthError(res: Response, status: number, error: string, description: string): void {
  res.set('cache-control', 'no-store');
  if (status === 401) res.set('www-authenticate', 'Basic realm="otds"');
  res.status(status).json({ error, error_description: description });
}
