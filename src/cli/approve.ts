import { isId } from '../base/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { withBroker } from './with-broker.ts';

export const approveCommand: Command = {
  summary:
    'Lists existing accounts that wait to be taken over, or lets a person have one at the next sign-in.',
  usage: '[TARGET PERSON]',
  async run(args) {
    const { positionals } = parse(args, {}, true);
    const [target, person, ...others] = positionals;
    if (others.length > 0 || (target !== undefined && person === undefined)) {
      throw new UsageError('Name a target and a person, or nothing to see who waits.');
    }
    return withBroker(async ({ broker: { provisioning } }) => {
      const waiting = await provisioning.candidates();
      if (target === undefined || person === undefined) {
        for (const each of waiting) {
          const state = each.isApproved ? 'approved, taken over at the next sign-in' : 'waits';
          console.log(`${each.target}  ${each.person}  account ${each.externalId}  ${state}`);
        }
        if (waiting.length === 0) console.log('nobody waits for an existing account');
        return 0;
      }
      const one = waiting.find((each) => each.target === target && each.person === person);
      if (!one || !isId('per', person)) {
        console.error(`no account of ${person} waits in ${target}; vestibule approve shows who does`);
        return 1;
      }
      await provisioning.approveCandidate(target, person, one.externalId);
      console.log(`${person} takes account ${one.externalId} of ${target} over at the next sign-in`);
      return 0;
    });
  },
};
