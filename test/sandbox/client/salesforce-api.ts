import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { type Reply, send, sendForm } from './request.ts';

export const CONSUMER_KEY = 'halden-external-client-app-vestibule';
export const CONSUMER_SECRET = 'sandbox-secret-of-salesforce-integration-0000000000';
export const INTEGRATION = 'vestibule@halden.example.org62';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export type Body = Record<string, unknown>;
export type Failure = { message: string; errorCode: string; fields?: string[] };
export type QueryPage = {
  totalSize: number;
  done: boolean;
  nextRecordsUrl?: string;
  records: Body[];
};

/** A client of the simulated organization that knows nothing of its code. */
export class SalesforceApi {
  readonly sandbox: Sandbox;
  #token = '';

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  at(path: string): string {
    return this.sandbox.url('halden.my.salesforce', path);
  }

  act(action: string, body: unknown = {}): unknown {
    return this.sandbox.system('salesforce').actions?.[action]?.run(body);
  }

  token(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> {
    return sendForm(this.at('/services/oauth2/token'), fields, headers);
  }

  async signIn(): Promise<string> {
    const reply = await this.token({
      grant_type: 'client_credentials',
      client_id: CONSUMER_KEY,
      client_secret: CONSUMER_SECRET,
    });
    this.#token = String((reply.json() as Body)['access_token']);
    return this.#token;
  }

  async assertion(
    claims: Record<string, unknown>,
    change: { alg?: string; pem?: string } = {},
  ): Promise<string> {
    const shown = (await this.act('integration-key')) as { privateKeyPem: string };
    const key = createPrivateKey(change.pem ?? shown.privateKeyPem);
    return new SignJWT(claims).setProtectedHeader({ alg: change.alg ?? 'RS256' }).sign(key);
  }

  /** A path below the version, or a whole one. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const whole = path.startsWith('/services/') ? path : `/services/data/v66.0${path}`;
    return send(this.at(whole), {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  async query(soql: string, headers: Record<string, string> = {}): Promise<QueryPage> {
    const reply = await this.call('GET', `/query?q=${encodeURIComponent(soql)}`, undefined, headers);
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body}`);
    return reply.json() as QueryPage;
  }

  /** One value of one record. */
  async one(soql: string, field = 'Id'): Promise<string> {
    const { records } = await this.query(soql);
    if (records.length !== 1) throw new Error(`${records.length} records for ${soql}`);
    return String(records[0]?.[field]);
  }

  profile(name: string): Promise<string> {
    return this.one(`SELECT Id FROM Profile WHERE Name = '${name}'`);
  }

  async newUser(change: Body = {}): Promise<Body> {
    return {
      Username: 'sam@halden.example.org62',
      LastName: 'Okafor',
      FirstName: 'Sam',
      Email: 'sam@halden.example',
      Alias: 'sokafor',
      TimeZoneSidKey: 'America/Chicago',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
      ProfileId: await this.profile('Standard User'),
      FederationIdentifier: 'per_sam',
      ...change,
    };
  }

  async createUser(change: Body = {}): Promise<string> {
    const reply = await this.call('POST', '/sobjects/User', await this.newUser(change));
    if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
    return String((reply.json() as Body)['id']);
  }

  async create(object: string, fields: Body): Promise<string> {
    const reply = await this.call('POST', `/sobjects/${object}`, fields);
    if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
    return String((reply.json() as Body)['id']);
  }
}

/** Status and first error of an answer that refuses. */
export function failure(reply: Reply): [number, string] {
  const body = reply.json() as Failure[];
  return [reply.status, body[0]?.errorCode ?? ''];
}
