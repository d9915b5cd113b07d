import { createPublicKey, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Action, ActionRefused } from '../../frame/system.ts';
import type { Salesforce } from '../server.ts';
import { changeUser, type User, userByUsername } from '../users.ts';
import { apiTime } from './ids.ts';
import { INTEGRATION_KEY } from './oauth/assertion.ts';
import { passwordActions } from './passwords.ts';
import { recordActions } from './record-actions.ts';
import { INTEGRATION } from './seed.ts';

const OfUser = z.strictObject({ username: z.string() });
const Blockers = OfUser.extend({ blockers: z.array(z.string().min(1)) });
const Token = OfUser.extend({ appName: z.string().default('Salesforce for iOS') });
const Certificate = z.strictObject({ certificate: z.string() });
const Times = z.strictObject({ times: z.int().min(0).default(1) }).prefault({});

/** What happens to the API without us: set-up by an administrator, other organizations, people's own devices. */
export function apiActions(org: Salesforce): Readonly<Record<string, Action>> {
  return {
    'integration-key': {
      explains:
        'Shows how a client signs in: consumer key and secret, username, and a private key for JWT bearer.',
      run: () => showIntegration(org),
    },
    'register-certificate': {
      explains:
        'Replaces the certificate of the External Client App: { certificate }, PEM of a certificate or public key.',
      run: (body) => registerCertificate(org, Certificate.parse(body).certificate),
    },
    'rotate-secret': {
      explains: 'A new consumer secret; the old one ends at once.',
      run: () => {
        const [app] = org.store.apps;
        if (app) app.consumerSecret = randomBytes(24).toString('hex');
        return { consumerSecret: app?.consumerSecret };
      },
    },
    'end-tokens': {
      explains: 'Ends all access tokens of the API.',
      run: () => org.store.tokens.clear(),
    },
    'set-blockers': {
      explains:
        'Why a user cannot be deactivated: { username, blockers: ["You cannot deactivate a user who is …"] }; [] for none.',
      run: (body) => {
        const { username, blockers } = Blockers.parse(body);
        org.store.blockers.set(userOf(org, username).Id, blockers);
      },
    },
    'claim-username': {
      explains: 'Another organization of the world takes a username: { username }.',
      run: (body) => {
        org.store.takenElsewhere.add(OfUser.parse(body).username.toLowerCase());
      },
    },
    'add-token': {
      explains:
        'A user signs in with an app of their own, which keeps a refresh token: { username, appName? }.',
      run: (body) => addToken(org, body),
    },
    'confirm-email': {
      explains: 'A user clicks in the mail about a new address (switch emailChange): { username }.',
      run: (body) => {
        const { Id } = userOf(org, OfUser.parse(body).username);
        const Email = org.store.unconfirmedMails.get(Id);
        if (Email === undefined) throw new ActionRefused('No address waits for a click.');
        org.store.unconfirmedMails.delete(Id);
        changeUser(org.store, Id, { Email });
      },
    },
    'lock-rows': {
      explains: 'The next writes meet UNABLE_TO_LOCK_ROW: { times? }.',
      run: (body) => {
        org.store.locks.next = Times.parse(body ?? {}).times;
      },
    },
    ...passwordActions(org),
    ...recordActions(org),
  };
}

function userOf({ store }: Salesforce, username: string): User {
  const user = userByUsername(store, username);
  if (!user) throw new ActionRefused(`There is no user "${username}".`);
  return user;
}

async function showIntegration({ needs, store }: Salesforce): Promise<object> {
  const key = await needs.keys.rsa(INTEGRATION_KEY);
  return {
    consumerKey: INTEGRATION.consumerKey,
    consumerSecret: store.apps[0]?.consumerSecret,
    username: INTEGRATION.username,
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function registerCertificate({ store }: Salesforce, certificate: string): void {
  try {
    createPublicKey(certificate);
  } catch {
    throw new ActionRefused('This is neither a certificate nor a public key in PEM.');
  }
  const [app] = store.apps;
  if (app) app.certificatePem = certificate;
}

function addToken(org: Salesforce, body: unknown): object {
  const { username, appName } = Token.parse(body);
  const now = apiTime(org.needs.clock.now());
  const token = org.store.records.insert('OauthToken', {
    ...{ UserId: userOf(org, username).Id, AppName: appName, AccessToken: null },
    ...{ DeleteToken: randomBytes(16).toString('hex'), CreatedDate: now, LastUsedDate: now, UseCount: 1 },
  });
  return { Id: token.Id, DeleteToken: token['DeleteToken'] };
}
