import { newId } from '../base/index.ts';
import { type SetUpTarget, unavailableAdvice } from '../provisioning/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

export const setUpCommand: Command = {
  usage: 'TARGET',
  async run(args) {
    const { positionals } = parse(args, {}, true);
    if (positionals.length !== 1) throw new UsageError('Name the one target to set up.');
    return withBroker(async (command) => {
      const [target = ''] = chooseTargets(command, positionals);
      const { provisioning, identityProvider } = command.broker;
      const wanted = { metadata: await identityProvider.metadata(), entityId: identityProvider.entityId };
      const answer = await provisioning.setUp(target, wanted, { by: { via: 'cli' }, thread: newId('lgn') });
      return report(target, answer);
    });
  },
};

function report(target: string, answer: SetUpTarget): number {
  switch (answer.outcome) {
    case 'done':
      for (const sentence of answer.changes) console.log(sentence);
      if (answer.changes.length === 0) console.log(`${target}: nothing to change`);
      showAddresses(answer.addresses ?? {});
      return 0;
    case 'not-offered':
      console.error(`${target}: this kind of target has nothing to set up from here`);
      return 1;
    case 'refused':
      console.error(`${target}: ${answer.detail}`);
      return 1;
    case 'unavailable':
      console.error(`${target}: ${unavailableAdvice(answer.code)}`);
      return 1;
  }
}

/** Whoever sets a target up for the first time needs them for the configuration. */
function showAddresses(addresses: Readonly<Record<string, string>>): void {
  const lines = Object.entries(addresses).map(([setting, address]) => `  ${setting}: ${address}`);
  if (lines.length > 0) console.log(`\nFor the relying party in the configuration:\n${lines.join('\n')}`);
}
