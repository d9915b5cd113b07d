/**
 * platform/config: one YAML file for objects, environment for process settings, every secret also as `…File`.
 *
 * Knows no room: `app.ts` collects the rooms' schemas and hands them in. All problems of a configuration are
 * reported together, each with its path and what to do. Reading never changes anything.
 */
export { type Environment, readEnvironment } from './environment.ts';
export { jsonSchemaOf } from './json-schema.ts';
export { loadConfig, parseConfig } from './load.ts';
export { type ParsedObject, parseObject } from './parse-object.ts';
export { mapSecrets, type SecretVisitor } from './secret-values.ts';
export { duration, fromFile, identifier, secret, url } from './values.ts';
