import { channelById, type Store } from '../store.ts';
import {
  issueStorefrontToken,
  readStorefrontToken,
  type StorefrontToken,
  type TokenScope,
} from '../storefront/graphql/storefront-token.ts';
import { type Answer, invalidJson, ok, problem } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { checkObject, type Item, isObject } from './fields.ts';

const SCOPES: readonly TokenScope[] = ['Unauthenticated', 'Customer', 'B2B'];

/** BigCommerce docs: Storefront API tokens. For browsers; two origins at most. */
export const createStorefrontToken: Handler = (call) =>
  issue(call, ({ allowed_cors_origins: origins = [] }) => {
    const isRight = Array.isArray(origins) && origins.length <= 2 && origins.every(isText);
    if (!isRight) return invalidJson({ allowed_cors_origins: 'error.invalid' });
    return { kind: 'storefront', origins: origins as string[], scopes: ['Unauthenticated', 'Customer'] };
  });

/** For servers; it can do what its scopes say and no more. */
export const createPrivateToken: Handler = (call) =>
  issue(call, ({ scopes }) => {
    const isRight =
      Array.isArray(scopes) &&
      scopes.length > 0 &&
      scopes.every((each) => SCOPES.includes(each as TokenScope));
    if (!isRight)
      return invalidJson({ scopes: scopes === undefined ? 'error.path.missing' : 'error.invalid' });
    return { kind: 'private', origins: [], scopes: scopes as TokenScope[] };
  });

export const revokeStorefrontToken: Handler = ({ store, header }) => {
  const token = header('sf-api-token');
  if (token === undefined || !readStorefrontToken(store, token)) {
    return problem(422, 'Invalid JWT Token provided or missing JWT token header');
  }
  store.revokedStorefrontTokens.add(token);
  return ok({});
};

type Kind = Pick<StorefrontToken, 'kind' | 'origins' | 'scopes'>;

function issue({ store, account, body }: ApiCall, kindOf: (body: Item) => Kind | Answer): Answer {
  const errors = checkObject(body, { expires_at: { type: 'integer' } }, ['expires_at'], '');
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  const channelIds = channelsOf(store, body);
  if (!channelIds) return invalidJson({ channel_id: 'error.invalid' });
  const kind = kindOf(body);
  if ('status' in kind) return kind;
  const issuedAt = Math.floor(store.now().getTime() / 1_000);
  const expiresAt = Number(body['expires_at']);
  // Seconds: an instant in milliseconds is far beyond any calendar of tokens.
  if (expiresAt <= issuedAt || expiresAt > 99_999_999_999)
    return invalidJson({ expires_at: 'error.invalid' });
  return ok({ token: issueStorefrontToken(account, { ...kind, channelIds, issuedAt, expiresAt }) });
}

/** One of `channel_id` and `channel_ids`, never both. */
function channelsOf(
  store: Store,
  { channel_id: one, channel_ids: many }: Item,
): readonly number[] | undefined {
  if ((one === undefined) === (many === undefined)) return undefined;
  const ids: readonly unknown[] = one === undefined ? (Array.isArray(many) ? many : []) : [one];
  const isRight = ids.length > 0 && ids.every((id) => typeof id === 'number' && channelById(store, id));
  return isRight ? (ids as number[]) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
