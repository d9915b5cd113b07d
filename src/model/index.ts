/** model: the nouns that several rooms share. Shapes only, no behaviour. */
export * from './decision.ts';
export * from './identity.ts';
export * from './party-session.ts';
export * from './person.ts';
