import { newId } from '../base/index.ts';
import type { GivenName } from '../issuing/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { choosePerson, nameIn } from './people.ts';
import { printLine } from './print-rows.ts';
import { type CommandBroker, withBroker } from './with-broker.ts';

export const namesCommand: Command = {
  usage: '[APPLICATION [NAME [WHO]]]',
  options: {},
  notes: () => [
    'APPLICATION is the id of a relying party, NAME what it knows people by. WHO is a login name, a mail address or an id.',
    'Whoever bore the name is refused there from then on, and WHO is let into its account: look who that was first.',
  ],
  async run(args) {
    const { positionals } = parse(args, {}, true);
    const [application, name, who, ...others] = positionals;
    if (others.length > 0) throw new UsageError('Name an application, a name and a person, and no more.');
    return withBroker(async (command) => {
      if (application !== undefined && !command.relyingParties.some(({ id }) => id === application)) {
        throw new UsageError(`${application} is no relying party of the configuration`);
      }
      if (application === undefined || name === undefined) return list(command, application);
      return who === undefined ? show(command, application, name) : give(command, application, name, who);
    });
  },
};

async function list({ broker }: CommandBroker, application: string | undefined): Promise<number> {
  const bearers = await broker.names.list(application);
  const people = await broker.people.byIds([...new Set(bearers.map(({ personId }) => personId))]);
  for (const { relyingParty, personId, connection, since } of bearers) {
    const through = connection === '' ? 'given to them' : `through ${connection}`;
    const day = since.toISOString().slice(0, 10);
    await printLine(`${relyingParty}  ${nameIn(people, personId)}  ${personId}  ${through}, since ${day}`);
  }
  if (bearers.length === 0) console.log('nobody bears a name there');
  return 0;
}

async function show({ broker }: CommandBroker, application: string, name: string): Promise<number> {
  const bearer = await broker.names.bearerOf(application, name);
  if (!bearer) {
    console.error(`nobody bears ${name} at ${application}`);
    return 1;
  }
  const people = await broker.people.byIds([bearer.personId]);
  console.log(`${nameIn(people, bearer.personId)} (${bearer.personId}) bears ${name} at ${application}`);
  return 0;
}

async function give(command: CommandBroker, application: string, name: string, who: string): Promise<number> {
  const { names, people } = command.broker;
  const personId = await choosePerson(command, who);
  const known = await people.byIds([personId]);
  if (!known.has(personId)) {
    console.error(`nobody has the id ${who}`);
    return 1;
  }
  const given = await names.give({
    ...{ relyingParty: application, name, personId },
    ...{ by: 'cli', thread: newId('lgn') },
  });
  const lines = describe(given, nameIn(known, personId), name, application);
  (given.outcome === 'given' || given.outcome === 'borne' ? console.log : console.error)(lines);
  return given.outcome === 'given' || given.outcome === 'borne' ? 0 : 1;
}

function describe(given: GivenName, who: string, name: string, application: string): string {
  switch (given.outcome) {
    case 'given':
      return `${who} bears ${name} at ${application}${given.former ? `, and ${given.former} does not any more` : ''}`;
    case 'borne':
      return `${who} bears ${name} at ${application} already`;
    case 'not-vouched':
      return `the domain of ${name} is trusted to ${given.trusted.join(', ')}, which does not know ${who} by it: correct that there, or trustedMailDomains`;
    case 'an-id':
      return `${name} is an id of ours, which is nobody else’s`;
  }
}
