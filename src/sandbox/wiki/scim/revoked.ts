import type { RequestListener } from 'node:http';
import { errorBody, ScimProblem } from './problem.ts';

/** How the API answers to a token that an administrator revoked. */
export const refuseRevoked: RequestListener = (_req, res) => {
  res.writeHead(401, {
    'content-type': 'application/scim+json; charset=utf-8',
    'www-authenticate': 'Bearer realm="wiki", error="invalid_token"',
  });
  res.end(JSON.stringify(errorBody(new ScimProblem(401, undefined, 'The token is unknown or over.'))));
};
