import type { Broker, BrokerInput } from '../frame/broker.ts';
import type { RunningSystem } from '../frame/running-system.ts';
import type { People } from '../people.ts';

/** What the control API acts on. */
export type ControlNeeds = {
  readonly systems: readonly RunningSystem[];
  readonly people: People;
  url(host: string, path?: string): string;
  reset(): void;
  broker(): Broker;
  registerBroker(broker: BrokerInput): void;
};
