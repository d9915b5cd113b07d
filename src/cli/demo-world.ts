import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerInput } from '../sandbox/index.ts';

const TEMPLATE = join(import.meta.dirname, '..', '..', 'config', 'demo.yaml');

/** How the demo's broker is known to the simulators. */
export function demoRegistration(broker: string): BrokerInput {
  const metadata = `${broker}/login/access-manager/metadata`;
  return {
    publicUrl: broker,
    redirectUris: [`${broker}/login/otds/callback`],
    postLogoutRedirectUris: [`${broker}/logout/return`],
    backchannelLogoutUri: `${broker}/login/otds/backchannel-logout`,
    serviceProviders: [{ entityId: metadata, metadataUrl: metadata }],
  };
}

/** config/demo.yaml with the ports that are used. */
export function demoConfiguration(ports: { broker: number; sandbox: number }): string {
  return readFileSync(TEMPLATE, 'utf8')
    .replaceAll('.localhost:3000', `.localhost:${ports.broker}`)
    .replaceAll('.localhost:3002', `.localhost:${ports.sandbox}`);
}
