import express, { type Request, type Response, type Router } from 'express';
import { UNAUTHORIZED } from '../api/access.ts';
import { problem } from '../api/answers.ts';
import { answerGraphql, type GraphqlAnswer } from '../graphql/index.ts';
import { remember } from '../store.ts';
import type { Account, AccountCall, AccountToken } from './account.ts';
import { countCall } from './quota.ts';
import { accountSchema } from './schema.ts';

/** `api.bigcommerce.localhost/accounts/{uuid}/graphql`. Bodies arrive as text. */
export function accountRoutes(accountOf: () => Account): Router {
  const router = express.Router();
  router.post('/accounts/:uuid/graphql', (req, res) => serve(accountOf(), req, res));
  router.all('/accounts/:uuid/graphql', (_req, res) => {
    res.status(405).json(problem(405, 'Method not allowed').body);
  });
  return router;
}

/** One call: token, then the hour's quota, then the document. */
function serve(account: Account, req: Request, res: Response): void {
  const body = readBody(req);
  const call: AccountCall = { at: account.now(), token: null, operation: operationIn(body), status: 0 };
  remember(account.calls, call);
  res.once('finish', () => {
    call.status = res.statusCode;
  });
  const token = tokenOf(account, req);
  if (!token) {
    res.status(401).json(UNAUTHORIZED.body);
    return;
  }
  Object.assign(call, { token: token.name });
  const { isWithin, headers } = countCall(account);
  res.set(headers);
  if (!isWithin) {
    res.status(429).json(problem(429, 'Too many requests').body);
    return;
  }
  sendAnswer(account, answerGraphql(accountSchema, body, { account, token }), res);
}

function sendAnswer(account: Account, answer: GraphqlAnswer, res: Response): void {
  const { accountRejectedStatus, accountMissingScope } = account.turned();
  if (answer.outcome === 'rejected') {
    res.status(Number(accountRejectedStatus)).json({ errors: answer.errors });
    return;
  }
  const { data, errors } = answer;
  const isOutOfScope = errors.some(({ extensions }) => extensions?.['code'] === 'INSUFFICIENT_ACCESS_SCOPE');
  if (isOutOfScope && accountMissingScope === 'http-403') {
    res.status(403).json(problem(403, "You don't have a required scope to access the endpoint").body);
  } else res.json({ data, ...(errors.length > 0 && { errors }) });
}

function tokenOf(account: Account, req: Request): AccountToken | undefined {
  if (req.params['uuid'] !== account.uuid) return undefined;
  const given = req.get('x-auth-token');
  return account.tokens.find(({ accessToken, revoked }) => accessToken === given && !revoked);
}

function readBody(req: Request): unknown {
  try {
    return typeof req.body === 'string' ? (JSON.parse(req.body) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the operation, or its first words: enough to tell calls apart, without values. */
function operationIn(body: unknown): string | null {
  const query = (body as { readonly query?: unknown } | undefined)?.query;
  if (typeof query !== 'string') return null;
  const names = ['addUserToAccount', 'removeUserFromAccount', 'addUserToStore', 'removeUserFromStore'];
  return names.filter((name) => query.includes(name)).join(' ') || 'query';
}
