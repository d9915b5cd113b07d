import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import { recordLogin, type Salesforce } from '../server.ts';
import { isFrozen, userByUsername } from '../users.ts';
import { type Answer, type Call, isJson, type Params, refusal } from './call.ts';
import { rowOf } from './object-type.ts';
import { user as userObject } from './objects/user.ts';
import { NOT_FOUND, problem } from './problems.ts';
import { BAD_JSON } from './records-by-id.ts';
import type { Row } from './row.ts';

const SHORTEST = 8;
const NOT_ALLOWED = problem(
  'INSUFFICIENT_ACCESS',
  'You do not have permission to view this record.',
  undefined,
  403,
);

const INACTIVE = problem('INVALID_OPERATION', 'The password of an inactive user cannot be changed.');

/** `GET /sobjects/User/{id}/password` */
export function showPassword(call: Call, { id = '' }: Params): Answer {
  const found = userFor(call, id);
  return found.refused ?? { status: 200, body: { isExpired: false } };
}

/** `POST …/password`: nobody is mailed. */
export function setPassword(call: Call, { id = '' }: Params): Answer {
  const { user, refused } = userFor(call, id);
  if (!user) return refused;
  if (!isJson(call.body)) return refusal(BAD_JSON);
  const password = call.body['NewPassword'];
  const why = typeof password === 'string' ? weakness(password, user) : 'NewPassword is missing';
  if (why !== undefined) return refusal(problem('INVALID_NEW_PASSWORD', why));
  call.org.store.passwords.set(user.Id, String(password));
  return { status: 204 };
}

/** `DELETE …/password`: another one, told to the caller and to the user by mail. */
export function resetPassword(call: Call, { id = '' }: Params): Answer {
  const { user, refused } = userFor(call, id);
  if (!user) return refused;
  const NewPassword = `reset-${crypto.randomUUID().slice(0, 8)}-1`;
  call.org.store.passwords.set(user.Id, NewPassword);
  return { status: 200, body: { NewPassword } };
}

type Found =
  | { readonly user: Row; readonly refused?: never }
  | { readonly user?: never; readonly refused: Answer };

function userFor({ org, method }: Call, id: string): Found {
  const { integrationRights, passwordOfInactive } = org.switches.positions;
  const user = rowOf(org, userObject, id);
  if (!user) return { refused: refusal(NOT_FOUND) };
  if (method !== 'GET' && integrationRights !== 'manage-users') return { refused: refusal(NOT_ALLOWED) };
  return method !== 'GET' && user['IsActive'] !== true && passwordOfInactive === 'refused'
    ? { refused: refusal(INACTIVE) }
    : { user };
}

function weakness(password: string, user: Row): string | undefined {
  const isMixed = /[a-z]/i.test(password) && /\d/.test(password);
  if (password.length < SHORTEST || !isMixed) return 'Your password must have a mix of letters and numbers';
  const username = String(user['Username']).toLowerCase();
  return password.toLowerCase().includes(username)
    ? 'Your password cannot equal or contain your user name.'
    : undefined;
}

const Tried = z.strictObject({ username: z.string(), password: z.string() });

/** People at the login page, which single sign-on does not close by itself. */
export function passwordActions(org: Salesforce): Readonly<Record<string, Action>> {
  return {
    'choose-password': {
      explains: 'A user chooses a password: { username, password }.',
      run: (body) => {
        const { username, password } = Tried.parse(body);
        const user = userByUsername(org.store, username);
        if (!user) throw new ActionRefused(`There is no user "${username}".`);
        org.store.passwords.set(user.Id, password);
      },
    },
    'enter-password': {
      explains: 'Somebody tries a password at the login page: { username, password }; answers { signedIn }.',
      run: (body) => {
        const { username, password } = Tried.parse(body);
        const user = userByUsername(org.store, username);
        const isRight = user !== undefined && org.store.passwords.get(user.Id) === password;
        const signedIn = isRight && user.IsActive && !isFrozen(org.store, user.Id);
        const Status = signedIn ? 'Success' : 'Invalid Password';
        recordLogin(org, { UserId: user?.Id ?? null, LoginType: 'Application', Status });
        return { signedIn };
      },
    },
  };
}
