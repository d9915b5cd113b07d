/**
 * sandbox: a small world that behaves like the products around the broker, over real HTTP on one port, told
 * apart by the Host header. It serves the demo, the tests, and anyone who has no contract with the real ones.
 *
 * frame/           what every simulator gets: virtual hosts, faults, switches, own clock, record of calls
 * control/         the control API and start page at sandbox.localhost
 * cast.ts          the people of the demo world; people.ts is the directory that tests change
 * systems.ts       the table of simulators; each is a folder of its own
 *
 * Simulators share no code with the rooms that talk to them, so that client and simulator never agree by
 * sharing a bug; they may lean on any package and on `base`. What is not known about a real product is a
 * named switch marked as an assumption, and tests run every position of it.
 */
export { createCast, DEMO_PASSWORD, type DirectoryPerson, GROUPS, type PostalAddress } from './cast.ts';
export { Broker, type BrokerInput } from './frame/broker.ts';
export type { Call } from './frame/calls.ts';
export { Fault, type FaultInput } from './frame/fault.ts';
export type { NewPerson, People, PersonChange, PersonEvent } from './people.ts';
export { type Sandbox, type SandboxOptions, type SystemControl, startSandbox } from './start.ts';
