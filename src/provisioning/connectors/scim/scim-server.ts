import type { CallFailed, TargetDeps } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { ScimTarget } from './config.ts';
import { Traits } from './facts.ts';
import { type Objection, unavailable } from './failures.ts';
import { type Body, type Page, pageOf, type Resource, resourceOf, valuesOf } from './resource.ts';
import { type ScimAnswer, ScimApi, type ScimRequest } from './scim-api.ts';

export type Kind = 'users' | 'groups';
export type Query = Readonly<Record<string, string | number | undefined>>;

export type ResourceAnswer =
  /** `isNew`: the server said that it made it. */
  | { readonly outcome: 'resource'; readonly resource: Resource; readonly isNew: boolean }
  /** The server told no resource, as after 204. */
  | { readonly outcome: 'silent'; readonly location?: string; readonly isNew: boolean }
  | Objection
  | CallFailed;
export type PageAnswer = { readonly outcome: 'page'; readonly page: Page } | Objection | CallFailed;

const LARGEST_GROUP_BYTES = 16 * 1_024 * 1_024;

/** Resources of one service provider, by kind and id. Knows no person and no account. */
export class ScimServer {
  readonly settings: ScimTarget;
  readonly traits: Traits;
  readonly api: ScimApi;
  readonly deps: TargetDeps;

  constructor(settings: ScimTarget, deps: TargetDeps) {
    const { id, http, clock, log } = deps;
    this.settings = settings;
    this.deps = deps;
    this.traits = new Traits(settings);
    this.api = new ScimApi(settings, { id, http, clock, log });
  }

  async get(kind: Kind, id: string, query: Query, budget: CallBudget): Promise<ResourceAnswer> {
    const path = this.#pathOf(kind, id);
    if (path === undefined) return NOWHERE;
    const answer = toResource(await this.#look({ method: 'GET', path, query }, budget));
    if (answer.outcome === 'silent') return unavailable('provisioning.bad_answer');
    if (answer.outcome !== 'resource') return answer;
    // A server that answers with another resource than the one asked for is not to be trusted with a write.
    if (answer.resource.id.toLowerCase() !== id.toLowerCase()) return unavailable('provisioning.bad_answer');
    if (kind === 'groups' && valuesOf(answer.resource.raw, 'members').length > 0) this.traits.sawMembers(id);
    return answer;
  }

  async list(kind: Kind, query: Query, budget: CallBudget): Promise<PageAnswer> {
    const path = this.#pathOf(kind);
    if (path === undefined) return NOWHERE;
    const answer = await this.#look({ method: 'GET', path, query }, budget);
    if (answer.outcome !== 'ok') return answer;
    const page = pageOf(answer.body);
    return page ? { outcome: 'page', page } : unavailable('provisioning.bad_answer');
  }

  async create(kind: Kind, body: Body, budget: CallBudget): Promise<ResourceAnswer> {
    const path = this.#pathOf(kind);
    return path === undefined
      ? NOWHERE
      : toResource(await this.api.send({ method: 'POST', path, body }, budget));
  }

  /**
   * Never with `attributes` or `excludedAttributes`: there are servers that change, and keep, only what they would show.
   */
  async write(
    method: 'PUT' | 'PATCH' | 'DELETE',
    kind: Kind,
    id: string,
    sent: { readonly body?: Body; readonly ifMatch?: string | undefined },
    budget: CallBudget,
  ): Promise<ResourceAnswer> {
    const path = this.#pathOf(kind, id);
    if (path === undefined) return NOWHERE;
    // The answer may show all members of a large group.
    const maxBytes = kind === 'groups' ? LARGEST_GROUP_BYTES : undefined;
    const request = { method, path, ...sent, ...(maxBytes !== undefined && { maxBytes }) };
    return toResource(await this.api.send(request, budget));
  }

  /** Leaving members out is a favour; a server that refuses the wish is asked without it. */
  async #look(request: ScimRequest, budget: CallBudget): Promise<ScimAnswer> {
    const { excludedAttributes, ...query } = request.query ?? {};
    if (excludedAttributes === undefined) return this.api.send(request, budget);
    const { noExcludes } = this.traits.facts.learned;
    const answer = await this.api.send(noExcludes ? { ...request, query } : request, budget);
    if (noExcludes || answer.outcome !== 'objection' || answer.status !== 400) return answer;
    const again = await this.api.send({ ...request, query }, budget);
    if (again.outcome === 'ok') this.traits.learn({ noExcludes: true });
    return again;
  }

  #pathOf(kind: Kind, id?: string): string | undefined {
    const endpoint = this.traits.facts[kind];
    if (endpoint === null) return undefined;
    if (id === undefined) return endpoint;
    // Dots alone would climb out of the endpoint, encoded or not.
    return /^\.*$/.test(id) ? undefined : `${endpoint}/${encodeURIComponent(id)}`;
  }
}

/** The server has no such endpoint. */
const NOWHERE: Objection = { outcome: 'objection', status: 404, scimType: '', saysTaken: false };

function toResource(answer: ScimAnswer): ResourceAnswer {
  if (answer.outcome !== 'ok') return answer;
  const resource = resourceOf(answer.body, answer.etag);
  const isNew = answer.status === 201;
  if (resource) return { outcome: 'resource', resource, isNew };
  return { outcome: 'silent', isNew, ...(answer.location !== undefined && { location: answer.location }) };
}

/** An objection to something that only read. */
export function failedRead(answer: Objection | CallFailed): CallFailed {
  return answer.outcome === 'unavailable' ? answer : unavailable('provisioning.bad_answer');
}
