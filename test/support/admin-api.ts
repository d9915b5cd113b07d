import supertest from 'supertest';
import type { World } from './world.ts';

/** Machines of worlds whose admin API is tested. */
export const MACHINES = [
  {
    id: 'terraform',
    clientSecrets: ['a-secret-of-terraform'],
    scopes: ['relying-parties:read', 'relying-parties:write'],
  },
  { id: 'reader', clientSecrets: ['a-secret-of-the-reader'], scopes: ['relying-parties:read'] },
  { id: 'stranger', clientSecrets: ['a-secret-of-the-stranger'], scopes: ['scim'] },
];

export type MachineName = 'terraform' | 'reader' | 'stranger';

/** A token as a script gets it: at the token endpoint, over HTTP. */
export async function machineToken(world: World, id: MachineName, scope?: string): Promise<string> {
  const machine = MACHINES.find((each) => each.id === id);
  const secret = machine?.clientSecrets[0] ?? '';
  const answer = await supertest(originOf(world))
    .post('/oidc/token')
    .auth(id, secret)
    .type('form')
    .send({ grant_type: 'client_credentials', scope: scope ?? machine?.scopes.join(' ') });
  if (answer.status !== 200) throw new Error(`no token for ${id}: ${answer.text}`);
  return answer.body.access_token;
}

export type Api = ReturnType<typeof apiWith>;

/** The API as a program calls it: no cookie, no Origin, a token. */
export function apiWith(world: { readonly broker: { readonly port: number } }, token: string | undefined) {
  const agent = supertest(`http://127.0.0.1:${world.broker.port}`);
  const call = (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string) => {
    const request = agent[method](`/api/v1${path}`);
    return token === undefined ? request : request.set('Authorization', `Bearer ${token}`);
  };
  return {
    call,
    get: (path: string) => call('get', path),
    create: (body: object) => call('post', '/relying-parties').send(body),
    /** With the version that is there now. */
    async change(method: 'put' | 'patch', id: string, body: object) {
      const { etag } = (await call('get', `/relying-parties/${id}`)).headers;
      return call(method, `/relying-parties/${id}`)
        .set('If-Match', etag ?? '"none"')
        .send(body);
    },
    async remove(id: string) {
      const { etag } = (await call('get', `/relying-parties/${id}`)).headers;
      return call('delete', `/relying-parties/${id}`).set('If-Match', etag ?? '"none"');
    },
  };
}

export async function openApi(world: World, machine: MachineName = 'terraform'): Promise<Api> {
  return apiWith(world, await machineToken(world, machine));
}

/** For `startWorld({ configure })`. */
// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
export function withMachines(config: any): void {
  config.machines = MACHINES;
}

function originOf(world: World): string {
  return `http://127.0.0.1:${world.broker.port}`;
}
