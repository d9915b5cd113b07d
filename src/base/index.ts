/**
 * base: what every room may lean on and what leans on nothing: time, ids, errors, secrets, canonical JSON.
 * Pure values and functions, no I/O.
 */
export * from './canonical-json.ts';
export * from './clock.ts';
export * from './duration.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './secret.ts';
export * from './time-window.ts';
export * from './time-zone.ts';
