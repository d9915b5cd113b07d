/**
 * scim: accounts and groups of the wiki, managed from outside over SCIM 2.0 (RFC 7643, RFC 7644; cursors of RFC 9865).
 *
 * routes.ts lists what is where. attribute.ts, schemas.ts, resource-type.ts say what a resource is; everything that
 * reads, filters, patches and shows goes by them: read.ts, filter.ts and match.ts, patch.ts, view.ts, listing.ts.
 * writing.ts holds the rules of this server (names are unique, members exist); switches.ts how servers differ.
 */
export { createScimActions } from './actions.ts';
export { wikiCredentials } from './credentials.ts';
export { type Directory, displayOf, type Entry } from './directory.ts';
export { keepInFile, keepNothing } from './keep.ts';
export { refuseRevoked } from './revoked.ts';
export { addScim } from './routes.ts';
export type { Scim } from './scim.ts';
export { createSeededDirectory } from './seeds.ts';
export { showDirectory } from './state.ts';
export { scimDefinitions } from './switches.ts';
