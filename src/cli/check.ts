import { compose, createBroker, openStores, partiesElsewhere, warningsOf } from '../app/index.ts';
import { type Problem, SECOND, systemClock } from '../base/index.ts';
import { checkRedis } from '../platform/key-value/index.ts';
import { silentLog } from '../platform/log/index.ts';
import type { Provisioning, RegisteredHooks } from '../provisioning/index.ts';
import { createObjectStore } from '../relying-parties/index.ts';
import { type Command, parse } from './command.ts';
import { readSettings } from './settings.ts';

const OPTIONS = {
  offline: { type: 'boolean', default: false, help: 'only reads the configuration and asks nobody' },
} as const;

export const checkCommand: Command = {
  usage: '[--offline]',
  options: OPTIONS,
  async run(args) {
    const { values } = parse(args, OPTIONS);
    const { env, config: file } = readSettings();
    console.log(`ok      configuration ${env.configPath}`);
    if (file.allowInsecureLoopback)
      warn('allowInsecureLoopback is on: plain http on this machine. Never in production.');
    if (env.databaseUrl === undefined) {
      warn('the bundled PostgreSQL gets no security updates by itself; set DATABASE_URL in production.');
    }
    if (values.offline) {
      warningsOf(file).forEach(warn);
      const elsewhere = partiesElsewhere(file);
      if (elsewhere.length > 0)
        warn(
          `rules name what is not in this file: ${elsewhere.join(', ')}. It must be registered over the API.`,
        );
      return 0;
    }

    const problems: Problem[] = [];
    const report = (what: string, found: readonly Problem[], notes: readonly string[] = []): void => {
      console.log(`${found.length === 0 ? 'ok     ' : red('problem')} ${what}`);
      for (const note of notes) console.log(`        ${note}`);
      for (const { path, message } of found) console.log(`        ${path}: ${message}`);
      problems.push(...found);
    };
    if (env.redisUrl) report('Redis', await checkRedis({ url: env.redisUrl.reveal(), log: silentLog }));
    await using stores = await openStores({
      ...{ env, config: file, variables: process.env, clock: systemClock, log: silentLog },
      isCommand: true,
    });
    report('database', []);
    const { database, keys } = stores;
    const stored = await createObjectStore({ db: database.db, keys, clock: systemClock }).read();
    const { config, leftOut } = compose(file, stored);
    warningsOf(config).forEach(warn);
    for (const { id } of stored.objects) report(`relying party ${id} (API)`, leftOut.get(id) ?? []);
    await using broker = await createBroker({ config, stores, clock: systemClock, log: silentLog });
    for (const upstream of broker.upstreams.list())
      report(`connection ${upstream.id}`, await upstream.check());
    report('applications that speak SAML', await broker.identityProvider.check());
    for (const { id, kind } of config.targets) {
      const found = await broker.provisioning.checkTarget(id);
      report(`target ${id} (${kind})`, found, await targetNotes(broker.provisioning, id));
    }
    return problems.length === 0 ? 0 : 1;
  },
};

/** What was measured on the way: its clock, and what it still takes where it counts calls. */
async function targetNotes(provisioning: Provisioning, id: string): Promise<readonly string[]> {
  const offset = provisioning.clockOffset(id);
  const { callsLeft } = await provisioning.forecast(id);
  const told = await provisioning.webhooks.standing(id);
  return [
    ...(offset ? [`its clock is ${describeOffset(offset.offsetMs)}`] : []),
    ...(callsLeft === undefined ? [] : [`it takes ${callsLeft} more calls in this window`]),
    ...(told ? [describeWebhooks(told)] : []),
  ];
}

function describeWebhooks({ destination, lastDelivery }: RegisteredHooks): string {
  const last = lastDelivery ? `last ${lastDelivery.receivedAt.toISOString().slice(0, 16)}Z` : 'none came yet';
  return `it sends webhooks to ${destination}; ${last}`;
}

/** Stores tell their time in whole seconds. */
function describeOffset(offsetMs: number): string {
  if (Math.abs(offsetMs) <= SECOND) return 'right to the second';
  const seconds = Math.round(Math.abs(offsetMs) / SECOND);
  return `${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} ours`;
}

function warn(text: string): void {
  console.log(`${red('warning')} ${text}`);
}

/** Red where a person reads it; plain in files and pipes. */
function red(text: string): string {
  return process.stdout.isTTY ? `\u001b[31m${text}\u001b[0m` : text;
}
