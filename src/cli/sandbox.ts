import { systemClock } from '../base/index.ts';
import { startSandbox } from '../sandbox/index.ts';
import { type Command, parse, stopRequested, wholeNumber } from './command.ts';
import { demoRegistration } from './demo-world.ts';

const OPTIONS = {
  port: {
    type: 'string',
    default: '3002',
    value: 'N',
    help: 'the one port of all systems; 0 takes a free one',
  },
  broker: {
    type: 'string',
    default: 'http://sso.localhost:3000',
    value: 'URL',
    help: 'the broker that the systems know and send people to',
  },
} as const;

/** Host, and what answers there; docs/sandbox.md has all hosts. */
const SYSTEMS = [
  ['sandbox.localhost', 'start page: people, switches, faults; control API'],
  ['otds.localhost', 'OpenText Directory Services: OpenID Connect, REST, SCIM push'],
  ['am.localhost', 'OpenText Access Manager: SAML identity provider'],
  ['store-emea.localhost', 'BigCommerce storefront; also store-na, store-outlet, b2b-emea, app-emea'],
  ['api.bigcommerce.localhost', 'BigCommerce API of the stores and of the account'],
  ['api-b2b.bigcommerce.localhost', 'BigCommerce B2B Edition API'],
  ['login.bigcommerce.localhost', 'BigCommerce sign-in of staff, in front of the control panels'],
  ['iconik.localhost', 'iconik: SAML service provider and API'],
  ['halden.my.salesforce.localhost', 'Salesforce: SAML service provider, OAuth, REST API'],
  ['wiki.localhost', 'an OpenID Connect application with SCIM'],
] as const;

export const sandboxCommand: Command = {
  usage: '[--port N] [--broker URL]',
  options: OPTIONS,
  notes: () => [
    'Systems, each at http://HOST:PORT/',
    ...SYSTEMS.map(([host, what]) => `  ${host.padEnd(32)}${what}`),
  ],
  async run(args) {
    const { values } = parse(args, OPTIONS);
    const stop = stopRequested();
    await using sandbox = await startSandbox({
      port: wholeNumber(values.port, '--port', 0, 65_535),
      clock: systemClock,
      broker: demoRegistration(values.broker),
    });
    console.log(`The sandbox is ready: ${sandbox.url('sandbox', '/')}`);
    await stop;
    return 0;
  },
};
