/**
 * admin: the JSON API of those who run the broker, `/api/v1`. So far it holds relying parties.
 *
 *   request ─▶ token with the scope ─▶ lock ─▶ read ─▶ does it fit? ─▶ write with its event ─▶ in force here ─▶ answer
 *
 * Owns the words of HTTP around an object: versions, merge patches, problems, pages, repeated requests, what of a
 * secret is shown. Never decides what fits: app puts file and objects together and says so (`InForce`). Programs come
 * with a token of `machines:`; nothing here reads a cookie (R8.5).
 */
export { SCOPES } from './authorize.ts';
export type { AdminDeps, InForce } from './deps.ts';
export { AdminError, type AdminErrorCode } from './errors.ts';
export { migrations } from './migrations.ts';
export { adminRoutes, isAdminApiPath } from './routes.ts';
