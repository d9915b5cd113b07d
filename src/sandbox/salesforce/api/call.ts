import type { Salesforce } from '../server.ts';
import type { ObjectType } from './object-type.ts';
import { findObject } from './objects/table.ts';
import { NOT_FOUND, type Problem } from './problems.ts';
import type { Written } from './write.ts';
import type { Transaction, Writer } from './writer.ts';

/** One call of the REST API, from the wire or from inside a composite request. */
export type Call = {
  readonly org: Salesforce;
  /** The user behind the token. */
  readonly userId: string;
  readonly method: string;
  /** `v66.0` */
  readonly version: string;
  /** Behind the version: `/sobjects/User`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** What `Sforce-Query-Options: batchSize=…` asked for. */
  readonly batchSize?: number;
  readonly transaction: Transaction;
  /** Carries out a call that this one contains. */
  run(call: Call): Answer;
};

export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Params = Readonly<Record<string, string>>;
export type Handler = (call: Call, params: Params) => Answer;
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function refusal({ status, errorCode, message, fields }: Problem): Answer {
  return { status, body: [{ message, errorCode, ...(fields && { fields }) }] };
}

export function writerOf({ org, userId, transaction }: Call): Writer {
  return { org, userId, transaction };
}

export function addressOf({ version }: Call, type: ObjectType, id: string): string {
  return `/services/data/${version}/sobjects/${type.name}/${id}`;
}

/** Runs the handler with the object that the address names. */
export function withObject(handler: (call: Call, type: ObjectType, params: Params) => Answer): Handler {
  return (call, params) => {
    const type = findObject(call.org, params['object'] ?? '');
    return type ? handler(call, type, params) : refusal(NOT_FOUND);
  };
}

/** What a single create, update or delete answers. */
export function answerWritten(call: Call, type: ObjectType, written: Written): Answer {
  if (written.outcome === 'refused') return refusal(written.problem);
  if (!written.created) return { status: 204 };
  const body = { id: written.id, success: true, errors: [] };
  return { status: 201, body, headers: { Location: addressOf(call, type, written.id) } };
}
