import { amount, choice, createSwitches, onOff, type Switches } from '../frame/switches.ts';
import { apiSwitches } from './api/switches.ts';

const assumption = true;
const SEATS = ' 0: no limit.';

const definitions = {
  requestBinding: choice(['post', 'redirect'], {
    explains: 'How sign-on requests travel: one document says POST, the API says a redirect.',
    assumption,
  }),
  nameIdPolicy: choice(['email', 'unspecified', 'none'], {
    explains: 'The format of name identifier that requests ask for.',
    assumption,
  }),
  requestedContext: choice(['none', 'password-protected-transport'], {
    explains:
      'Whether requests demand a class of authentication, as the toolkit does when nobody turns it off.',
    assumption,
  }),
  requireSignedResponse: onOff(true, { explains: 'want_messages_signed: the response must be signed.' }),
  requireSignedAssertion: onOff(true, { explains: 'want_assertions_signed: the assertion must be signed.' }),
  sha1: choice(['refused', 'accepted'], {
    explains: 'Signatures with SHA-1; the settings offer rsa-sha1.',
    assumption,
  }),
  driftSeconds: amount(300, { explains: 'How far the clocks may differ.', assumption }),
  unsolicited: choice(['accepted', 'refused'], {
    explains: 'A response that nobody asked for, as tiles of other identity providers send it.',
    assumption,
  }),
  attributeNames: choice(['plain', 'ws-federation', 'both'], {
    explains:
      'Names that are read: email, first_name, last_name, groups; or the claim addresses of WS-Federation.',
    assumption,
  }),
  emailFrom: choice(['name-id', 'attribute-first'], {
    explains: 'What the user is found by: the name identifier, or the mail attribute where there is one.',
    assumption,
  }),
  unlinkedUser: choice(['linked', 'refused'], {
    explains: 'A user whom somebody made by hand and did not bind to the identity provider.',
    assumption,
  }),
  absentGroups: choice(['removes', 'keeps'], {
    explains: 'What an assertion without any groups attribute does to memberships that came by sign-on.',
    assumption,
  }),
  requireGroups: onOff(false, { explains: 'saml_require_groups: no known group, no access.' }),
  updatePrimaryGroup: onOff(false, {
    explains: 'update_saml_primary_group_on_login: the primary group follows at each sign-on.',
  }),
  defaultUserType: choice(['STANDARD', 'BROWSE_ONLY', 'POWER'], {
    explains: 'Type of new users whose groups say nothing.',
    assumption,
  }),
  maxPowerUsers: amount(0, { explains: `Seats of power users.${SEATS}` }),
  maxStandardUsers: amount(0, { explains: `Seats of standard users.${SEATS}` }),
  maxBrowseUsers: amount(0, { explains: `Seats of browse-only users.${SEATS}` }),
  seatsFull: choice(['refused', 'ignored'], {
    explains: 'A first sign-on, or an API call that needs a seat, when the seats of the type are taken.',
    assumption,
  }),
  failure: choice(['page', 'json'], {
    explains: 'What the browser sees when the consumer service refuses: a page, or the API’s error body.',
    assumption,
  }),
  sessionHours: amount(12, { explains: 'How long a session lasts.', assumption }),
  sessionNotOnOrAfter: choice(['honoured', 'ignored'], {
    explains: 'Whether the assertion’s end of session ends the session.',
    assumption,
  }),
  deactivatedUser: choice(['session-ends', 'session-survives'], {
    explains: 'A running session of a user who is not ACTIVE any more.',
    assumption,
  }),
  logout: choice(['logout-request', 'plain-redirect', 'local'], {
    explains:
      'Where a sign-out leads: to the identity provider with a logout request, there without a message, or nowhere.',
    assumption,
  }),
  signLogout: onOff(false, {
    explains: 'Whether logout messages are signed; sign-on requests never are.',
    assumption,
  }),
  requireSignedLogout: onOff(true, {
    explains: 'Whether logout messages of the identity provider must be signed.',
    assumption,
  }),
  domainStatus: choice(['ACTIVE', 'WARNING', 'FROZEN', 'DEACTIVATED'], {
    explains: 'A frozen or deactivated system domain lets nobody in, and no API call either.',
  }),
  ...apiSwitches,
};

export type IconikSwitches = Switches<typeof definitions>;
export const createIconikSwitches = (): IconikSwitches => createSwitches(definitions);
