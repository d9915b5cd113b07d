import type { RequestListener } from 'node:http';
import type { Keys } from '../keys.ts';
import type { People } from '../people.ts';
import type { Broker } from './broker.ts';
import type { Outbound } from './outbound.ts';
import type { ShiftedClock } from './shifted-clock.ts';
import type { Switches } from './switches.ts';

/** Static message plus fields; the product's log fits. */
export interface SandboxLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A button of a simulator: `POST /actions/{system}/{action}` with a JSON body. */
export type Action = {
  readonly explains: string;
  /** Whatever it returns is the answer's body. An `ActionRefused` becomes a 400. */
  run(body: unknown): unknown;
};

/** Thrown by an action that does not like its body; the message says why. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
}

/** One simulated product. It answers for its hosts; the frame adds faults, clock, switches and state around it. */
export interface System {
  readonly title: string;
  /** Two or three sentences for the start page: what it simulates, where to click. */
  readonly about: string;
  /** Host names without port, lower case: `otds.localhost`. */
  readonly hosts: readonly string[];
  /** An Express app or any other listener. `req.url` is as the client sent it. */
  readonly handler: RequestListener;
  readonly switches: Pick<Switches, 'set' | 'reset' | 'describe'>;
  readonly actions?: Readonly<Record<string, Action>>;
  /** How the real product answers to credentials that were revoked; a JSON 401 when absent. */
  readonly refuseRevokedToken?: RequestListener;
  /** What tests may look at. The frame adds `calls`. */
  state(): Readonly<Record<string, unknown>>;
  /** Back to the start; switches, faults and clock are reset by the frame. */
  reset(): void;
  /** Called once when the sandbox stops, if there is something to stop. */
  close?(): Promise<void>;
}

/** What the frame gives to every simulator. */
export type SystemNeeds = {
  /** The system's own clock; `PUT /clock/{system}` shifts it. */
  readonly clock: ShiftedClock;
  readonly people: People;
  readonly keys: Keys;
  readonly log: SandboxLog;
  readonly outbound: Outbound;
  /** Where to keep what should outlive the process; absent, nothing is kept. */
  readonly folder?: string;
  /** The present registration of the broker; it may change while the sandbox runs. */
  broker(): Broker;
  /** `url('otds')` is `http://otds.localhost:PORT`, `url('otds', '/otdsws')` appends a path. */
  url(host: string, path?: string): string;
};

/** Makes a simulator. Called once, when the port is known. Must be quick: keys are made when first used. */
export type OpenSystem = (needs: SystemNeeds) => System;
