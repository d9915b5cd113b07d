import { ConfigFile } from '../app/index.ts';
import { jsonSchemaOf } from '../platform/config/index.ts';
import { type Command, parse } from './command.ts';

/** The text of config/schema.json; a test holds the file to it. */
export function configurationSchema(): string {
  return `${JSON.stringify(jsonSchemaOf(ConfigFile, 'Vestibule configuration'), null, 2)}\n`;
}

export const schemaCommand: Command = {
  usage: '',
  async run(args) {
    parse(args, {});
    process.stdout.write(configurationSchema());
    return 0;
  },
};
