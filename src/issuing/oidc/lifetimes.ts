import { MINUTE, SECOND } from '../../base/index.ts';
import type { MachineConfig } from './config.ts';
import type { OidcParty } from './parties.ts';
import type { Rights } from './rights.ts';

const CODE_SECONDS = 60;
/** A request waits so long for its sign-in. */
export const INTERACTION_SECONDS = (15 * MINUTE) / SECOND;

/** All in whole seconds, at least 1; nothing lives longer than its reason (R3.1). */
export function codeSeconds(rights: Rights): number {
  return Math.min(CODE_SECONDS, rights.secondsLeft);
}

export function tokenSeconds(client: OidcParty, rights: Rights): number {
  return Math.min(Math.floor(client.access.accessTokenLifetime / SECOND), rights.secondsLeft);
}

export function machineSeconds(machine: MachineConfig): number {
  return Math.floor(machine.accessTokenLifetime / SECOND);
}
