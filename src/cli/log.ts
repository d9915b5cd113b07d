import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, createReadStream, createWriteStream, readFileSync } from 'node:fs';
import {
  type Checkpoint,
  formatVerification,
  parseCheckpoints,
  parsePublicKeys,
  readLines,
  renderCheckpoint,
  verifyLog,
} from '../access-log/index.ts';
import { isId, type PersonId } from '../base/index.ts';
import { type Command, parse, UsageError, wholeNumber } from './command.ts';
import { choosePerson } from './people.ts';
import { withBroker } from './with-broker.ts';
import { withStores } from './with-stores.ts';

const VERIFY_OPTIONS = {
  checkpoint: { type: 'string', value: 'FILE', help: 'one or more checkpoints, from outside the export' },
  key: {
    type: 'string',
    value: 'FILE',
    help: 'public keys as log key printed them, from outside the export',
  },
  from: { type: 'string', value: 'N', help: 'the number of the first event that should be there' },
  to: { type: 'string', value: 'N', help: 'the number of the last event that should be there' },
  person: { type: 'boolean', default: false, help: 'an export of one person: events of others are withheld' },
  json: { type: 'boolean', default: false, help: 'prints the result as one JSON object' },
} as const;

export const logVerifyCommand: Command = {
  usage: 'FILE --checkpoint FILE --key FILE [--from N] [--to N] [--person] [--json]',
  options: VERIFY_OPTIONS,
  async run(args) {
    const { values, positionals } = parse(args, VERIFY_OPTIONS, true);
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new UsageError('Name the one file to verify.');
    const result = await verifyLog(readLines(createReadStream(readable(file))), {
      publicKey: readKeys(values.key),
      checkpoint: readCheckpoints(values.checkpoint),
      allowWithheld: values.person,
      ...(values.from !== undefined && { from: wholeNumber(values.from, '--from', 1, 999_999_999) }),
      ...(values.to !== undefined && { to: wholeNumber(values.to, '--to', 1, 999_999_999) }),
    });
    console.log(values.json ? JSON.stringify(result) : formatVerification(result));
    return result.exitCode;
  },
};

const EXPORT_OPTIONS = {
  format: {
    type: 'string',
    default: 'jsonl',
    value: 'FORMAT',
    help: 'jsonl can be verified; csv is for reading',
  },
  out: {
    type: 'string',
    value: 'FILE',
    help: 'a file that only its owner can read, instead of standard output',
  },
  from: { type: 'string', value: 'N', help: 'the number of the first event' },
  to: { type: 'string', value: 'N', help: 'the number of the last event' },
  person: { type: 'string', value: 'WHO', help: 'only this person: login name, mail address or id' },
  reveal: { type: 'boolean', default: false, help: 'opens sealed personal values' },
  reason: { type: 'string', value: 'TEXT', help: 'why you export; stands in the access log' },
} as const;

/** A name is looked up in the directory of the broker; an id is taken as it is, also of somebody erased. */
async function idOf(person: string | undefined): Promise<PersonId | undefined> {
  if (person === undefined || isId('per', person)) return person;
  const found: PersonId[] = [];
  await withBroker(async (command) => found.push(await choosePerson(command, person)));
  return found[0];
}

export const logExportCommand: Command = {
  usage: '[--format jsonl|csv] [--out FILE] [--from N] [--to N] [--person WHO] [--reveal] [--reason TEXT]',
  options: EXPORT_OPTIONS,
  async run(args) {
    const { values } = parse(args, EXPORT_OPTIONS);
    const { format } = values;
    if (format !== 'jsonl' && format !== 'csv') throw new UsageError('--format takes jsonl or csv');
    const person = await idOf(values.person);
    return withStores(async ({ accessLog }) => {
      // What is durable but not chained yet would be missing from the export.
      await accessLog.runOnce();
      const lines = accessLog.exportLog({
        format,
        by: { via: 'cli' },
        reveal: values.reveal,
        ...(person !== undefined && { person }),
        ...(values.from !== undefined && { from: wholeNumber(values.from, '--from', 1, 999_999_999) }),
        ...(values.to !== undefined && { to: wholeNumber(values.to, '--to', 1, 999_999_999) }),
        ...(values.reason !== undefined && { reason: values.reason }),
      });
      const out = values.out === undefined ? process.stdout : createWriteStream(values.out, { mode: 0o600 });
      for await (const line of lines) if (!out.write(`${line}\n`)) await once(out, 'drain');
      if (values.out !== undefined) {
        out.end();
        await once(out, 'finish');
      }
      return 0;
    });
  },
};

export const logCheckpointCommand: Command = {
  usage: '',
  async run(args) {
    parse(args, {});
    return withStores(async ({ accessLog }) => {
      const checkpoint =
        (await accessLog.runOnce({ checkpoint: 'now' })) ?? (await accessLog.latestCheckpoint());
      if (!checkpoint) throw new UsageError('The access log has no events yet, so there is nothing to sign.');
      console.log(renderCheckpoint(checkpoint).trimEnd());
      return 0;
    });
  },
};

export const logKeyCommand: Command = {
  usage: '',
  async run(args) {
    parse(args, {});
    return withStores(async ({ keys }) => {
      await keys.checkpointSigner();
      const all = (await keys.list()).filter(({ purpose }) => purpose === 'checkpoint');
      for (const { publicPart } of all) process.stdout.write(`${publicPart.trimEnd()}\n`);
      return 0;
    });
  },
};

function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch {
    throw new UsageError(`${file} cannot be read; check the path and who may read it.`);
  }
}

function readKeys(file: string | undefined): readonly KeyObject[] {
  if (file === undefined) throw new UsageError('--key is missing: the public key, from outside the export.');
  try {
    return parsePublicKeys(readFileSync(file, 'utf8'));
  } catch {
    throw new UsageError(`${file} holds no public checkpoint keys in PEM form.`);
  }
}

function readCheckpoints(file: string | undefined): readonly Checkpoint[] {
  if (file === undefined)
    throw new UsageError('--checkpoint is missing: a checkpoint, from outside the export.');
  try {
    return parseCheckpoints(readFileSync(file, 'utf8'));
  } catch {
    throw new UsageError(`${file} holds no checkpoints; it should have one JSON object a line.`);
  }
}
