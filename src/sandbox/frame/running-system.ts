import type { RequestListener } from 'node:http';
import type { Clock } from '../../base/index.ts';
import { type Calls, createCalls } from './calls.ts';
import { createFaultBox, type FaultBox } from './fault-box.ts';
import { createShiftedClock, type ShiftedClock } from './shifted-clock.ts';
import type { OpenSystem, System, SystemNeeds } from './system.ts';

/** A simulator with what the frame keeps around it. */
export type RunningSystem = System & {
  readonly id: string;
  readonly clock: ShiftedClock;
  readonly faults: FaultBox;
  readonly calls: Calls;
  readonly refuseRevokedToken: RequestListener;
};

export function runSystem(
  id: string,
  open: OpenSystem,
  clock: Clock,
  needs: Omit<SystemNeeds, 'clock'>,
): RunningSystem {
  const shifted = createShiftedClock(clock);
  const system = open({ ...needs, clock: shifted });
  return {
    ...system,
    refuseRevokedToken: system.refuseRevokedToken ?? refuseWithJson,
    id,
    clock: shifted,
    faults: createFaultBox(),
    calls: createCalls(),
  };
}

/** Everything as at the start: state, switches, faults, clock, calls. */
export function resetSystem(system: RunningSystem): void {
  system.faults.clear();
  system.switches.reset();
  system.clock.offsetMs = 0;
  system.reset();
  system.calls.clear();
}

const refuseWithJson: RequestListener = (_req, res) => {
  res.writeHead(401, {
    'content-type': 'application/json',
    'www-authenticate': 'Bearer error="invalid_token"',
  });
  res.end(JSON.stringify({ error: 'invalid_token', error_description: 'The token was revoked.' }));
};
