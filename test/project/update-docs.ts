import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationSchema } from '../../src/cli/schema.ts';
import { configurationReference, type SchemaNode } from './configuration-reference.ts';
import { ROOT } from './repository.ts';

// `npm run docs`: what is generated from the sources. test/documents.test.ts fails while it is not up to date.
const schema = configurationSchema();
writeFileSync(join(ROOT, 'config/schema.json'), schema);
writeFileSync(join(ROOT, 'docs/configuration.md'), configurationReference(JSON.parse(schema) as SchemaNode));
