import { amount, choice, onOff } from '../../frame/switches.ts';

const assumption = true;

/** What the documents of the API leave open, and what an operator can turn. The first position is the demo's. */
export const apiSwitches = {
  accessModel: choice(['groups', 'teams'], {
    explains:
      'Groups with roles (older domains), or teams and role groups. Calls for teams answer 404 in a domain with groups.',
  }),
  groupsWithTeams: choice(['404', '403', 'listed'], {
    explains:
      'What the calls for groups answer in a domain with teams. Listed: teams are there with group_type TEAM, and a group that is made there is no team.',
    assumption,
  }),
  teamFields: choice(['teams', 'groups'], {
    explains:
      'Names of the memberships of a user in a domain with teams: teams and primary_team, or as with groups.',
    assumption,
  }),
  teamWrites: choice(['like-groups', 'user-only', 'none'], {
    explains:
      'What can be written in a domain with teams: calls like those for groups, the fields of a user only, or nothing.',
    assumption,
  }),
  missingRole: choice(['403', '401'], {
    explains: 'The answer to a call whose role the caller lacks.',
    assumption,
  }),
  adminSeesAll: onOff(true, {
    explains: 'Whether access control lists do not bind administrators.',
    assumption,
  }),
  aclWriteNeeds: choice(['change-acl', 'role-only'], {
    explains: 'Whether a caller who may write lists also needs change-acl on the object.',
    assumption,
  }),
  userPermissionCheck: choice(['effective', 'own-rows'], {
    explains:
      'What /users/{id}/acl/{type}/{key}/{permission}/ looks at: all that the user may do, or rows of that user alone.',
    assumption,
  }),
  listsOfRemoved: choice(['stay', 'go'], {
    explains: 'What becomes of access control rows of a removed user or group.',
    assumption,
  }),
  jobSeconds: amount(0, { explains: 'How long work takes that the API accepts with 202.', assumption }),
  indexLagSeconds: amount(0, {
    explains: 'How long lists of users and groups are behind the records; a read by id never is.',
    assumption,
  }),

  mappedGroups: choice(['managed-when-sent', 'managed-at-once'], {
    explains:
      'When a mapping makes its group one that sign-on gives and takes: when the identity provider first sends the name, or at once.',
    assumption,
  }),
  mailComparison: choice(['without-case', 'exact'], {
    explains: 'Whether Mira@ and mira@ are one user.',
    assumption,
  }),
  mailCase: choice(['as-sent', 'lowered'], { explains: 'How a new address is stored.', assumption }),
  duplicateMail: choice(['400', '409'], { explains: 'The answer to an address that is taken.', assumption }),
  foreignPerson: choice(['invited-inactive', 'invited-active', 'refused'], {
    explains:
      'Adding somebody who has an account in another system domain: the user is INACTIVE or ACTIVE until the link is followed, or there is a 400.',
    assumption,
  }),
  deletedUser: choice(['gone', 'kept'], {
    explains: 'What a deleted user is afterwards: 404, or a record with status DELETED.',
    assumption,
  }),
  deletedMail: choice(['is-free', 'stays-taken'], {
    explains: 'Whether the address of a deleted user can be used again.',
    assumption,
  }),
  primaryGroup: choice(['enforced', 'pages-only'], {
    explains:
      'Whether the API, too, refuses to take the primary group away, or one that the user is not in. Documented for the pages.',
    assumption,
  }),
  patchNeeds: choice(['nothing', 'first-name-and-type'], {
    explains: 'Fields that every change of a user must repeat; the schema names them as required.',
    assumption,
  }),
  putUser: choice(['keeps-absent', 'clears-absent'], {
    explains: 'What a PUT does to fields of a user that it leaves out.',
    assumption,
  }),
  unknownFields: choice(['ignored', 'refused'], {
    explains: 'Fields of a body that nobody knows. Read-only fields are always ignored.',
    assumption,
  }),
  groupNames: choice(['free', 'unique'], { explains: 'Whether two groups may have one name.', assumption }),
  validationErrors: choice(['by-field', 'list'], {
    explains: 'Which of the two documented shapes a validation error has.',
    assumption,
  }),

  rateLimit: amount(1_000, { explains: 'Requests of one application in a window.' }),
  rateWindowSeconds: amount(20, { explains: 'Length of that window.' }),
  retryAfter: choice(['omitted', 'sent'], {
    explains: 'Retry-After of a 429; no document mentions one.',
    assumption,
  }),
  maxPerPage: amount(500, { explains: 'Largest page.', assumption }),
  perPageTooLarge: choice(['clamped', 'refused'], { explains: 'What a larger per_page does.', assumption }),
  deepPagingCap: amount(10_000, { explains: 'Entries that can be reached by page number.', assumption }),
  withoutSlash: choice(['404', '308'], {
    explains: 'What a path without its last slash answers.',
    assumption,
  }),

  oauth: choice(['client-credentials', 'with-app-id', 'off'], {
    explains:
      'OAuth for machines at /API/auth/v1/oauth/token/ (no document names the address): a bearer token alone, with App-ID as well, or nothing.',
    assumption,
  }),
  oauthMinutes: amount(15, { explains: 'How long an OAuth token lasts.', assumption }),
  tokensListed: choice(['all', 'own'], {
    explains: 'Whose tokens /auth/tokens/ lists for a caller with can_read_apps.',
    assumption,
  }),
  ipAllowList: choice(['off', 'refuses-caller'], {
    explains: 'Iconik Shield: the caller’s address is not on the list, and every call is refused.',
  }),
};
