import { amount, choice, createSwitches, onOff, override, type Switches } from '../frame/switches.ts';

import { apiDefinitions } from './api/switches.ts';

const assumption = true;

const definitions = {
  requestBinding: choice(['redirect', 'post'], { explains: 'How signed requests travel (redirectBinding).' }),
  singleLogoutBinding: choice(['redirect', 'post'], {
    explains: 'How logout messages travel (singleLogoutBinding).',
  }),
  singleLogout: onOff(true, { explains: 'Whether a log-out is told to the identity provider.' }),
  requireSignedLogout: onOff(true, {
    explains: 'Whether logout messages of the identity provider must be signed.',
    assumption,
  }),
  loginPage: choice(['direct', 'choose'], {
    explains: 'With one configuration My Domain goes straight to it; with several, people choose.',
  }),
  identityMapping: choice(['FederationId', 'Username'], {
    explains: 'Which field of the user the subject is compared with.',
  }),
  federationIdCase: choice(['insensitive', 'sensitive'], {
    explains: '“Make Federation ID case-insensitive”; older organizations are case-sensitive.',
  }),
  sha1: choice(['accepted', 'refused'], {
    explains: 'Signatures with SHA-1, which the documents still allow.',
    assumption,
  }),
  maxAgeSeconds: amount(300, { explains: 'How old an assertion may be.' }),
  skewSeconds: amount(180, {
    explains: 'How far the clocks may differ, on top of that and ahead of time.',
    assumption,
  }),
  inResponseTo: choice(['checked', 'ignored'], {
    explains: 'Whether an answer must name a request that is open; unsolicited responses name none.',
    assumption,
  }),
  unsolicited: choice(['accepted', 'refused'], {
    explains: 'Sign-on that begins at the identity provider.',
  }),
  samlEnabled: onOff(true, { explains: 'Whether single sign-on is switched on in the organization.' }),
  userProvisioning: onOff(false, {
    explains: 'Standard just-in-time provisioning from attributes named User.…',
  }),
  salesforceLicences: amount(100, {
    explains: 'Seats of the licence “Salesforce” that the company has bought.',
  }),
  errorUrl: override({ explains: 'Custom error address; by itself Salesforce shows a page of its own.' }),
  errorUrlFor: choice(['provisioning', 'every-failure'], {
    explains: 'Which failures go to the custom error address.',
    assumption,
  }),
  strongAuthentication: choice(['2026-02', 'off', '2026-07'], {
    explains:
      'What a weak sign-on meets: since February 2026 device activation by a mailed code; from July 2026 a second factor each time, and privileged users need phishing-resistant proof.',
    assumption,
  }),
  strongClassRefs: choice(['believed', 'ignored'], {
    explains: 'Whether standard classes such as TimeSyncToken or X509 count as strong.',
    assumption,
  }),
  amrAttribute: choice(['believed', 'ignored'], {
    explains: 'Whether the attributes amr and authnmethodsreferences are read.',
    assumption,
  }),
  logoutUrl: override({ explains: 'Custom log-out page; absent, Salesforce says good-bye itself.' }),
  sessionHours: amount(12, { explains: 'How long a session lasts.', assumption }),
  deactivatedUser: choice(['session-ends', 'session-survives'], {
    explains: 'A running session of a user who was deactivated or frozen.',
    assumption,
  }),
  ...apiDefinitions,
};

export type SalesforceSwitches = Switches<typeof definitions>;
export const createSalesforceSwitches = (): SalesforceSwitches => createSwitches(definitions);
