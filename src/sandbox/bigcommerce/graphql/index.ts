/**
 * graphql: as much of GraphQL (October 2021) as clients of BigCommerce's APIs use: queries and mutations with
 * variables, aliases, fragments, @skip and @include, checked against a schema that is plain data. No introspection
 * beyond `__typename`, no subscriptions, no custom directives. Resolvers are synchronous.
 */
export { answerGraphql, type GraphqlAnswer } from './answer.ts';
export { type FieldDefinition, type GraphqlError, Refused, type Schema } from './schema.ts';
