import type { AccessEvent } from '../access-log/index.ts';
import { isId } from '../base/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { nameIn } from './people.ts';
import { printLine } from './print-rows.ts';
import { withBroker } from './with-broker.ts';

const OPTIONS = {
  json: { type: 'boolean', default: false, help: 'one JSON object a line' },
  reason: { type: 'string', value: 'TEXT', help: 'why you look; stands in the access log' },
} as const;

export const reportThreadCommand: Command = {
  usage: 'ID [--json] [--reason TEXT]',
  options: OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS, true);
    const [thread, ...others] = positionals;
    if (thread === undefined || others.length > 0) throw new UsageError('Name the one reference: lgn_….');
    return withBroker(async ({ stores: { accessLog }, broker }) => {
      const { reason } = values;
      const as = { by: { via: 'cli' as const }, ...(reason !== undefined && { reason }) };
      const events = await accessLog.readThread(thread, as);
      if (events.length === 0) {
        console.error(`The access log has nothing under ${thread}.`);
        return 1;
      }
      const ids = events.flatMap(({ personId }) => (personId && isId('per', personId) ? [personId] : []));
      const people = await broker.people.byIds([...new Set(ids)]);
      const name = (id: string): string => (isId('per', id) ? nameIn(people, id) : id);
      for (const event of events)
        await printLine(values.json ? JSON.stringify(event) : describe(event, name));
      return 0;
    });
  },
};

function describe(event: AccessEvent, name: (id: string) => string): string {
  const { time, type, outcome, code, relyingParty, target, personId, facts } = event;
  const where = [relyingParty, target].filter((each) => each !== undefined).join(' ');
  const parts = [
    ...[`${time.slice(0, 23)}Z`, type, outcome === 'success' ? '' : `${outcome} ${code ?? ''}`.trimEnd()],
    ...[where, personId === undefined ? '' : name(personId), JSON.stringify(facts)],
  ];
  return parts.filter((part) => part !== '').join('  ');
}
