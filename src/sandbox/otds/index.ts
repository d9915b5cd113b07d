import express from 'express';
import { createSwitches } from '../frame/switches.ts';
import type { System, SystemNeeds } from '../frame/system.ts';

export function openOtds(_needs: SystemNeeds): System {
  return {
    title: 'OpenText Directory Services',
    about: 'OAuth 2.0 and OpenID Connect server with its login page.',
    hosts: ['otds.localhost'],
    handler: express(),
    switches: createSwitches({}),
    state: () => ({}),
    reset: () => undefined,
  };
}
