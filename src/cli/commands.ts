import type { Command } from './command.ts';

type Offered = {
  /** One line. */
  readonly summary: string;
  /** Only the command that is called is loaded: most of them load the whole broker. */
  load(): Promise<Command>;
};

/** Everything that `vestibule` can do, in the order of its overview. */
export const COMMANDS: Readonly<Record<string, Offered>> = {
  serve: {
    summary: 'Runs the broker with the configuration of VESTIBULE_CONFIG.',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  demo: {
    summary: 'Runs the broker and a small world around it to try it in, with nothing else installed.',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  plan: {
    summary: 'Says what would be done to the accounts of people in targets, and does nothing.',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  apply: {
    summary: 'Does what plan says: ends and reductions first, held back if they are too many at once.',
    load: async () => (await import('./apply.ts')).applyCommand,
  },
  import: {
    summary: 'Reads all accounts of a target and settles whose they are. Twice changes nothing.',
    load: async () => (await import('./import.ts')).importCommand,
  },
  'set-up': {
    summary: 'Makes a target trust the broker as its identity provider. Twice changes nothing.',
    load: async () => (await import('./set-up.ts')).setUpCommand,
  },
  'webhooks list': {
    summary: 'Lists the hooks by which a target tells the broker of changes, and when it last did.',
    load: async () => (await import('./webhooks.ts')).webhooksListCommand,
  },
  'webhooks register': {
    summary: 'Has a target tell the broker of changes, or puts that right. Twice changes nothing.',
    load: async () => (await import('./webhooks.ts')).webhooksRegisterCommand,
  },
  'webhooks test': {
    summary: 'Has the target send a real message, and waits until the running broker has it.',
    load: async () => (await import('./webhooks.ts')).webhooksTestCommand,
  },
  'webhooks remove': {
    summary: 'Removes the hooks of the broker from a target; those of others stay.',
    load: async () => (await import('./webhooks.ts')).webhooksRemoveCommand,
  },
  approve: {
    summary:
      'Lists existing accounts that wait to be taken over, or lets a person have one at the next sign-in.',
    load: async () => (await import('./approve.ts')).approveCommand,
  },
  names: {
    summary:
      'Lists who bears a name at applications that go by mail or login, or gives a name to somebody else.',
    load: async () => (await import('./names.ts')).namesCommand,
  },
  tasks: {
    summary:
      'Lists what only people can do in targets. A task closes by itself when the target shows it done.',
    load: async () => (await import('./tasks.ts')).tasksCommand,
  },
  erase: {
    summary:
      'Erases a person for good: first their access ends everywhere, then what is known of them is destroyed.',
    load: async () => (await import('./erase.ts')).eraseCommand,
  },
  queue: {
    summary: 'Shows what waits in the queue, for whom, why and until when, and the work that was given up.',
    load: async () => (await import('./queue.ts')).queueCommand,
  },
  'queue replay': {
    summary: 'Gives dead letters a fresh start.',
    load: async () => (await import('./queue.ts')).queueReplayCommand,
  },
  'queue discard': {
    summary: 'Throws dead letters away for good.',
    load: async () => (await import('./queue.ts')).queueDiscardCommand,
  },
  'report provisioning': {
    summary: 'Lists what provisioning did, newest first, by person, target and time.',
    load: async () => (await import('./report-provisioning.ts')).reportProvisioningCommand,
  },
  'report accounts': {
    summary: 'Compares the accounts that a target has with what policy wants: ok, orphan, excess, dormant.',
    load: async () => (await import('./report-accounts.ts')).reportAccountsCommand,
  },
  'report thread': {
    summary: 'Shows everything that the access log holds under one reference, oldest first.',
    load: async () => (await import('./report-thread.ts')).reportThreadCommand,
  },
  migrate: {
    summary: 'Brings the tables of the database up to date, and exits.',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  check: {
    summary: 'Checks the configuration, then every connection and target by talking to it.',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  'log verify': {
    summary: 'Verifies an export of the access log offline, against a checkpoint and key kept elsewhere.',
    load: async () => (await import('./log.ts')).logVerifyCommand,
  },
  'log export': {
    summary: 'Writes the access log to standard output or a file; JSON Lines can be verified, CSV cannot.',
    load: async () => (await import('./log.ts')).logExportCommand,
  },
  'log checkpoint': {
    summary: 'Signs a checkpoint of the access log now and prints it; keep it outside the database.',
    load: async () => (await import('./log.ts')).logCheckpointCommand,
  },
  'log key': {
    summary:
      'Prints the public keys that checkpoints are verified with, retired ones too; for your auditors.',
    load: async () => (await import('./log.ts')).logKeyCommand,
  },
  'keys list': {
    summary:
      'Lists the signing keys: purpose, state, id, since when and until when, and the end of the certificate.',
    load: async () => (await import('./keys.ts')).keysListCommand,
  },
  'keys rotate': {
    summary: 'Puts the next signing key in use, or with --master wraps all keys with the new master key.',
    load: async () => (await import('./keys.ts')).keysRotateCommand,
  },
  'keys withdraw': {
    summary: 'Takes a retired key out of what is published at once: for one that somebody else may hold.',
    load: async () => (await import('./keys.ts')).keysWithdrawCommand,
  },
  sandbox: {
    summary: 'Runs the simulators alone: directories, stores and applications.',
    load: async () => (await import('./sandbox.ts')).sandboxCommand,
  },
  schema: {
    summary: 'Prints the JSON Schema of the configuration file, for editors.',
    load: async () => (await import('./schema.ts')).schemaCommand,
  },
};
