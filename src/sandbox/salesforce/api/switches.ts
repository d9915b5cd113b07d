import { amount, choice, onOff, override } from '../../frame/switches.ts';

const assumption = true;

/** Switches of OAuth and the REST API. The first position is that of the demo. */
export const apiDefinitions = {
  organizationKind: choice(['production', 'sandbox'], {
    explains:
      'Which audience an assertion for a token must name: login.salesforce.com or test.salesforce.com.',
  }),
  myDomainAudience: choice(['accepted', 'refused'], {
    explains: 'Whether the My Domain address is an audience too.',
    assumption,
  }),
  assertionSeconds: amount(180, {
    explains: 'How far ahead exp of an assertion for a token may be.',
    assumption,
  }),
  preauthorized: onOff(true, {
    explains: 'Whether an administrator has approved the users of the External Client App.',
  }),
  trustedAddress: onOff(true, {
    explains: 'Whether the client comes from an address that the app or the profile allows.',
  }),
  clientCredentials: choice(['on', 'off'], {
    explains: 'Whether the External Client App has a user whom client credentials run as.',
  }),
  accessTokenMinutes: amount(120, { explains: 'How long a token lives without being used.' }),
  tokensOfDeactivated: choice(['survive', 'end'], {
    explains: 'OAuth tokens of a user who was frozen or deactivated, until somebody revokes them.',
    assumption,
  }),
  oauthTokenDelete: choice(['allowed', 'refused'], {
    explains:
      'Whether OauthToken records can be deleted; POST /services/oauth2/revoke with DeleteToken always works.',
    assumption,
  }),

  identityInToken: choice(['told', 'left-out'], {
    explains: 'Whether token answers carry id, the address of the user whom the token is for.',
    assumption,
  }),
  userInfo: choice(['open', 'needs-openid'], {
    explains: 'Whether /services/oauth2/userinfo answers a token that has only the scope api.',
    assumption,
  }),
  passwordOfInactive: choice(['set', 'refused'], {
    explains: 'Setting the password of a user who is inactive.',
    assumption,
  }),
  integrationRights: choice(['manage-users', 'read-only'], {
    explains: 'Whether the user of the integration may write users and what they are given.',
  }),
  dailyApiRequests: amount(100_000, { explains: 'API calls in 24 hours.' }),
  otherApiUsage: amount(0, { explains: 'What other clients have used of them.' }),
  limitHeader: onOff(true, { explains: 'Whether answers carry Sforce-Limit-Info.' }),
  maintenance: onOff(false, { explains: 'The instance is down for maintenance: 503.' }),
  queryBatchSize: amount(2_000, { explains: 'Records on a page of a query.' }),
  rowLocks: choice(['free', 'every-second-write', 'every-write'], {
    explains: 'Which writes meet UNABLE_TO_LOCK_ROW, as when somebody else writes related records.',
  }),
  territories: choice(['enabled', 'not-enabled'], { explains: 'Whether Sales Territories are switched on.' }),
  externalUserContact: choice(['required', 'optional'], {
    explains: 'Whether a user with an external profile must come from a contact.',
  }),

  federationIdUpsert: choice(['allowed', 'refused'], {
    explains: 'Whether FederationIdentifier, an idLookup field, works in addresses of external ids.',
    assumption,
  }),
  upsertUpdateStatus: choice(['204', '200'], {
    explains: 'What an upsert answers that updated: nothing, or the id with created: false.',
    assumption,
  }),
  externalIdCase: choice(['ignored', 'as-federation-id'], {
    explains: 'Whether a look-up by FederationIdentifier ignores case although the organization does not.',
    assumption,
  }),
  federationIdChange: choice(['allowed', 'refused-after-sign-on'], {
    explains: 'Changing FederationIdentifier or Username of a user whom provisioning at sign-on made.',
    assumption,
  }),
  emailChange: choice(['at-once', 'needs-confirmation'], {
    explains: 'Whether a new e-mail address of a user waits for a click (action confirm-email).',
    assumption,
  }),
  duplicateCode: choice(['DUPLICATE_VALUE', 'DUPLICATES_VALUE'], {
    explains: 'Code for a value or pair that exists already; the sources spell it in two ways.',
    assumption,
  }),
  duplicateGroupMember: choice(['refused', 'same-record'], {
    explains: 'Adding a member who is there already.',
    assumption,
  }),
  missingPermissionSetLicense: choice(['refused', 'assigned-silently'], {
    explains: 'Assigning a permission set whose permission set license the user lacks.',
    assumption,
  }),
  assignToInactive: choice(['allowed', 'refused'], {
    explains: 'Giving permission sets, groups or territories to an inactive user.',
    assumption,
  }),
  licensesOfDeactivated: choice(['stay', 'end'], {
    explains: 'Permission set licenses of a user who is deactivated.',
    assumption,
  }),
  deactivationError: choice(['FIELD_INTEGRITY_EXCEPTION', 'UNKNOWN_EXCEPTION', 'DEPENDENCY_EXISTS'], {
    explains: 'Code under which a refused deactivation is told.',
    assumption,
  }),
  deactivationReasons: choice(['first', 'all'], {
    explains: 'Whether one reason is told at a time, or all of them.',
    assumption,
  }),
  deleteUserCode: choice(['INSUFFICIENT_ACCESS_OR_READONLY', 'INVALID_TYPE_FOR_OPERATION'], {
    explains: 'Code for deleting a user, which is never possible.',
    assumption,
  }),
  newestVersion: amount(66, { explains: 'Newest version of the API; Spring ’26 is 66.' }),
  instanceUrl: override({ explains: 'instance_url of token answers, where it is not the My Domain host.' }),
};
