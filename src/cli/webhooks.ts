import { newId, SECOND } from '../base/index.ts';
import {
  type RegisteredWebhooks,
  type TestedWebhooks,
  unavailableAdvice,
  type WebhookStatus,
  type Webhooks,
} from '../provisioning/index.ts';
import { type Command, parse, UsageError, wholeNumber } from './command.ts';
import { chooseTargets, withBroker } from './with-broker.ts';

const TEST_SECONDS = 60;
const JSON_OPTION = {
  json: { type: 'boolean', default: false, help: 'prints the answer as one JSON object' },
} as const;
const REGISTER_OPTIONS = {
  ...JSON_OPTION,
  'new-secret': {
    type: 'boolean',
    default: false,
    help: 'also gives the hooks a new secret, for one that somebody else may know',
  },
} as const;
const TEST_OPTIONS = {
  ...JSON_OPTION,
  wait: {
    type: 'string',
    default: String(TEST_SECONDS),
    value: 'SECONDS',
    help: 'how long to wait for the message',
  },
} as const;

type NoAnswer = Exclude<Awaited<ReturnType<Webhooks['remove']>>, { outcome: 'removed' }>;

export const webhooksListCommand: Command = {
  usage: 'TARGET [--json]',
  options: JSON_OPTION,
  async run(args) {
    const { values, positionals } = parse(args, JSON_OPTION, true);
    return onTarget(positionals, async (target, webhooks) => {
      const answer = await webhooks.list(target);
      return tell(target, values.json, answer, answer.outcome === 'listed' && listed(answer));
    });
  },
};

export const webhooksRegisterCommand: Command = {
  usage: 'TARGET [--new-secret] [--json]',
  options: REGISTER_OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, REGISTER_OPTIONS, true);
    return onTarget(positionals, async (target, webhooks) => {
      const request = { ...asCommand(), newSecret: values['new-secret'] };
      const answer = await webhooks.register(target, request);
      return tell(target, values.json, answer, answer.outcome === 'registered' && registered(target, answer));
    });
  },
};

export const webhooksTestCommand: Command = {
  usage: 'TARGET [--wait SECONDS] [--json]',
  options: TEST_OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, TEST_OPTIONS, true);
    const waitMs = wholeNumber(values.wait, '--wait', 1, 600) * SECOND;
    return onTarget(positionals, async (target, webhooks) => {
      const answer = await webhooks.test(target, waitMs);
      if (answer.outcome !== 'arrived' && answer.outcome !== 'nothing')
        return tell(target, values.json, answer, false);
      tell(target, values.json, answer, tested(target, answer));
      return answer.outcome === 'arrived' ? 0 : 1;
    });
  },
};

export const webhooksRemoveCommand: Command = {
  usage: 'TARGET [--json]',
  options: JSON_OPTION,
  async run(args) {
    const { values, positionals } = parse(args, JSON_OPTION, true);
    return onTarget(positionals, async (target, webhooks) => {
      const answer = await webhooks.remove(target, asCommand());
      const lines = answer.outcome === 'removed' && [
        answer.count === 0 ? `${target}: there was nothing to remove` : `removed ${count(answer.count)}`,
      ];
      return tell(target, values.json, answer, lines);
    });
  },
};

function asCommand() {
  return { by: { via: 'cli' }, thread: newId('lgn') } as const;
}

async function onTarget(
  names: readonly string[],
  work: (target: string, webhooks: Webhooks) => Promise<number>,
): Promise<number> {
  if (names.length !== 1) throw new UsageError('Name one target.');
  return withBroker(async (command) => {
    const [target = ''] = chooseTargets(command, names);
    return work(target, command.broker.provisioning.webhooks);
  });
}

/** @param lines what to say when it went well. @returns the exit code. */
function tell(target: string, asJson: boolean, answer: object, lines: readonly string[] | false): number {
  if (asJson) console.log(JSON.stringify({ target, ...answer }));
  else if (lines) for (const line of lines) console.log(line);
  else console.error(`${target}: ${whyNot(answer as NoAnswer)}`);
  return lines ? 0 : 1;
}

function whyNot(answer: NoAnswer): string {
  switch (answer.outcome) {
    case 'not-offered':
      return 'this kind of target cannot tell of changes; they are found when it is looked at';
    case 'refused':
      return answer.detail;
    case 'unavailable':
      return answer.code === 'provisioning.busy'
        ? 'somebody else or a worker is changing the hooks; try again in a minute'
        : unavailableAdvice(answer.code);
  }
}

function listed({ destination, registeredAt, hooks, lastDelivery }: WebhookStatus): readonly string[] {
  const width = Math.max(0, ...hooks.map(({ event }) => event.length));
  return [
    `to ${destination}, ${registeredAt ? `registered ${minute(registeredAt)}` : 'not registered'}`,
    ...hooks.map(({ event, state }) => `  ${event.padEnd(width)}  ${state}`),
    lastDelivery
      ? `last message ${minute(lastDelivery.receivedAt)}: ${lastDelivery.event}`
      : 'no message has come yet',
  ];
}

function registered(
  target: string,
  answer: Extract<RegisteredWebhooks, { outcome: 'registered' }>,
): readonly string[] {
  if (answer.changes.length === 0) return [`${target}: nothing to change`];
  return [
    ...answer.changes,
    `to ${answer.destination}; it may take a minute until the first message comes (vestibule webhooks test ${target})`,
  ];
}

function tested(target: string, answer: TestedWebhooks): readonly string[] {
  const { outcome, destination, delivery, externalId, hooks, waitedMs } = answer;
  const seconds = `${(waitedMs / SECOND).toFixed(1)} s`;
  if (outcome === 'arrived') {
    return [
      `${target}: ${delivery?.event ?? 'a message'} about account ${externalId} arrived after ${seconds}`,
    ];
  }
  return [
    `${target}: nothing about account ${externalId} arrived within ${seconds}`,
    delivery
      ? `the last message before came ${minute(delivery.receivedAt)}: ${delivery.event}`
      : 'no message has ever come',
    ...hooks.map(
      ({ event, state }) => `the hook for ${event} is ${state}: vestibule webhooks register ${target}`,
    ),
    'Check in this order:',
    '  is the broker running on this database, and does it have this target?',
    `  can ${destination} be reached from outside, with a valid certificate? It answers a POST without a proof with 401.`,
    '  does the access log show webhook.refused for the target? Its reason says what does not fit.',
    '  a store may say nothing of an update that changes nothing: change an account of ours by hand, then look at',
    `  vestibule webhooks list ${target}`,
  ];
}

function count(hooks: number): string {
  return `${hooks} hook${hooks === 1 ? '' : 's'}`;
}

function minute(instant: Date): string {
  return `${instant.toISOString().slice(0, 16)}Z`;
}
