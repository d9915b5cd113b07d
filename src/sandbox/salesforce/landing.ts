import { HOST, type Salesforce } from './server.ts';

/** Where RelayState leads: an address of this organization, byte for byte, else home. */
export function landing({ needs }: Salesforce, relayState: string | undefined): string {
  const home = '/lightning/page/home';
  const base = needs.url(HOST);
  if (relayState === undefined || relayState === '/' || !URL.canParse(relayState, base)) return home;
  return new URL(relayState, base).origin === new URL(base).origin ? relayState : home;
}
