import { newId } from '../base/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { choosePerson, nameIn } from './people.ts';
import { withBroker } from './with-broker.ts';

export const approveCommand: Command = {
  usage: '[TARGET WHO]',
  options: {},
  notes: () => ['WHO is a login name, a mail address or an id.'],
  async run(args) {
    const { positionals } = parse(args, {}, true);
    const [target, who, ...others] = positionals;
    if (others.length > 0 || (target !== undefined && who === undefined)) {
      throw new UsageError('Name a target and a person, or nothing to see who waits.');
    }
    return withBroker(async (command) => {
      const { provisioning, people } = command.broker;
      const waiting = await provisioning.candidates();
      const names = await people.byIds(waiting.map(({ person }) => person));
      if (target === undefined || who === undefined) {
        for (const each of waiting) {
          const state = each.isApproved ? 'approved, taken over at the next sign-in' : 'waits';
          console.log(`${each.target}  ${nameIn(names, each.person)}  account ${each.externalId}  ${state}`);
        }
        if (waiting.length === 0) console.log('nobody waits for an existing account');
        return 0;
      }
      const person = await choosePerson(command, who);
      const one = waiting.find((each) => each.target === target && each.person === person);
      if (!one) {
        console.error(`no account of ${who} waits in ${target}; vestibule approve shows who does`);
        return 1;
      }
      const { externalId } = one;
      await provisioning.approveCandidate({
        ...{ target, person, externalId, by: { via: 'cli' }, thread: newId('lgn') },
      });
      const name = nameIn(names, person);
      console.log(`${name} takes account ${one.externalId} of ${target} over at the next sign-in`);
      return 0;
    });
  },
};
