import type { AccessEvent } from '../access-log/index.ts';
import { type Command, parse, UsageError } from './command.ts';
import { withStores } from './with-stores.ts';

export const reportThreadCommand: Command = {
  summary: 'Shows everything that the access log holds under one reference, oldest first.',
  usage: 'ID [--json] [--reason TEXT]',
  async run(args) {
    const options = { json: { type: 'boolean', default: false }, reason: { type: 'string' } } as const;
    const { values, positionals } = parse(args, options, true);
    const [thread, ...others] = positionals;
    if (thread === undefined || others.length > 0) throw new UsageError('Name the one reference: lgn_….');
    return withStores(async ({ accessLog }) => {
      const { reason } = values;
      const as = { by: { via: 'cli' as const }, ...(reason !== undefined && { reason }) };
      const events = await accessLog.readThread(thread, as);
      if (events.length === 0) {
        console.error(`The access log has nothing under ${thread}.`);
        return 1;
      }
      for (const event of events) console.log(values.json ? JSON.stringify(event) : describe(event));
      return 0;
    });
  },
};

function describe({ time, type, outcome, code, relyingParty, target, personId, facts }: AccessEvent): string {
  const where = [relyingParty, target].filter((each) => each !== undefined).join(' ');
  const parts = [
    ...[`${time.slice(0, 23)}Z`, type, outcome === 'success' ? '' : `${outcome} ${code ?? ''}`.trimEnd()],
    ...[where, personId ?? '', JSON.stringify(facts)],
  ];
  return parts.filter((part) => part !== '').join('  ');
}
