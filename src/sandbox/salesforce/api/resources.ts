import { type Answer, type Call, type Handler, refusal, withObject } from './call.ts';
import { createMany, deleteMany, retrieveMany, updateMany, upsertMany } from './collections.ts';
import { batch, composite } from './composite.ts';
import { basicInformation, describe, listObjects } from './describe.ts';
import { removeByKey, retrieveByKey, upsert } from './external-id.ts';
import { showLimits } from './limits.ts';
import { resetPassword, setPassword, showPassword } from './passwords.ts';
import { NOT_FOUND, problem } from './problems.ts';
import { nextPage, query } from './queries.ts';
import { create, remove, retrieve, update } from './records-by-id.ts';

type Resource = {
  readonly method: string;
  readonly steps: readonly string[];
  readonly handler: Handler;
};

const OBJECT = '/sobjects/:object';
const PASSWORD = '/sobjects/User/:id/password';
const MANY = '/composite/sobjects';

/** Every call below `/services/data/vNN.0`. The first one that fits the address is meant. */
const RESOURCES: readonly Resource[] = [
  at('GET', '', listResources),
  at('GET', '/limits', showLimits),
  at('GET', '/query', query),
  at('GET', '/queryAll', query),
  at('GET', '/query/:locator', nextPage),

  at('GET', '/sobjects', listObjects),
  at('GET', OBJECT, withObject(basicInformation)),
  at('POST', OBJECT, withObject(create)),
  at('GET', `${OBJECT}/describe`, withObject(describe)),
  at('GET', `${OBJECT}/:id`, withObject(retrieve)),
  at('PATCH', `${OBJECT}/:id`, withObject(update)),
  at('DELETE', `${OBJECT}/:id`, withObject(remove)),
  at('GET', PASSWORD, showPassword),
  at('POST', PASSWORD, setPassword),
  at('DELETE', PASSWORD, resetPassword),
  at('GET', `${OBJECT}/:field/:value`, withObject(retrieveByKey)),
  at('PATCH', `${OBJECT}/:field/:value`, withObject(upsert)),
  at('DELETE', `${OBJECT}/:field/:value`, withObject(removeByKey)),

  at('POST', '/composite', composite),
  at('POST', '/composite/batch', batch),
  at('POST', MANY, createMany),
  at('PATCH', MANY, updateMany),
  at('DELETE', MANY, deleteMany),
  at('GET', `${MANY}/:object`, withObject(retrieveMany)),
  at('POST', `${MANY}/:object`, withObject(retrieveMany)),
  at('PATCH', `${MANY}/:object/:field`, withObject(upsertMany)),
];

function at(method: string, path: string, handler: Handler): Resource {
  return { method, steps: path.split('/').slice(1), handler };
}

/** Finds the resource of a call and carries it out. */
export function runCall(call: Call): Answer {
  const steps = call.path.replace(/\/$/, '').split('/').slice(1).map(decode);
  const fitting = RESOURCES.flatMap((resource) => {
    const params = fit(resource.steps, steps);
    return params ? [{ ...resource, params }] : [];
  });
  const meant = fitting.find(({ method }) => method === call.method);
  if (meant) return meant.handler(call, meant.params);
  if (fitting.length === 0) return refusal(NOT_FOUND);
  const allowed = fitting.map(({ method }) => method).join(',');
  const words = `HTTP Method '${call.method}' not allowed. Allowed are ${allowed}`;
  return refusal(problem('METHOD_NOT_ALLOWED', words, undefined, 405));
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function fit(pattern: readonly string[], steps: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== steps.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const step = steps[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = step;
    else if (part !== step) return undefined;
  }
  return params;
}

function listResources({ version }: Call): Answer {
  const names = ['sobjects', 'query', 'queryAll', 'limits', 'composite'];
  const entries = names.map((name) => [name, `/services/data/${version}/${name}`]);
  return { status: 200, body: Object.fromEntries(entries) };
}
