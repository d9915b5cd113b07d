import { systemClock } from '../base/index.ts';
import { startSandbox } from '../sandbox/index.ts';
import { type Command, parse, stopRequested, wholeNumber } from './command.ts';
import { demoRegistration } from './demo-world.ts';

export const sandboxCommand: Command = {
  summary: 'Runs the simulators alone: OTDS, Access Manager and the BigCommerce stores.',
  usage: '[--port N] [--broker URL]',
  async run(args) {
    const { values } = parse(args, {
      port: { type: 'string', default: '3002' },
      broker: { type: 'string', default: 'http://sso.localhost:3000' },
    });
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
