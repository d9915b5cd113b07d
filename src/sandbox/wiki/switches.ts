import { choice, createSwitches, onOff, override, type Switches } from '../frame/switches.ts';
import { scimDefinitions } from './scim/index.ts';

const definitions = {
  scope: override({ explains: 'Scopes of a sign-in; by itself: openid profile email.' }),
  storeScope: override({ explains: 'Scopes of a store token; by itself: openid catalog:write orders:read.' }),
  stores: override({
    explains: 'Stores that tokens can be asked for, by comma; by itself: store-emea, store-na.',
  }),
  prompt: choice(['absent', 'login', 'none'], {
    explains: 'login: the person must prove who they are again; none: nothing may be shown.',
  }),
  audienceOfLogout: choice(['checked', 'ignored'], {
    explains: 'Hostile: an application that takes logout tokens meant for others.',
  }),
  logoutTokenType: choice(['logout+jwt', 'any'], {
    explains: 'Whether the header of a logout token must say typ logout+jwt.',
  }),
  logoutByBroker: onOff(true, { explains: 'Whether a sign-out also goes to the broker.' }),
  refusedRefresh: choice(['keeps-session', 'ends-session'], {
    explains: 'What the wiki does with its own session when a refresh is refused.',
  }),
  inactiveAccount: choice(['refused', 'let-in'], {
    explains: 'Who signs in and has an account with active: false.',
  }),
  unknownAccount: choice(['let-in', 'refused'], { explains: 'Who signs in and has no account.' }),
  sessionOfInactive: choice(['ends', 'survives'], {
    explains: 'A running session when its account becomes inactive or is removed.',
  }),
  ...scimDefinitions,
};

export type WikiSwitches = Switches<typeof definitions>;
export const createWikiSwitches = (): WikiSwitches => createSwitches(definitions);
