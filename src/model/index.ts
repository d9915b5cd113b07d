/** model: the nouns that several rooms share. Shapes and what is known of them, no behaviour. */
export * from './authn-context.ts';
export * from './decision.ts';
export * from './identity.ts';
export * from './party-session.ts';
export * from './person.ts';
