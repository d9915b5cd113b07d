import { amount, choice } from '../../frame/switches.ts';

/** How SCIM servers differ. The first position is what RFC 7643 and RFC 7644 say, or allow most plainly. */
export const scimDefinitions = {
  scimPatch: choice(['supported', 'answers-501', 'answers-405'], {
    explains: 'SCIM: whether PATCH exists; where not, ServiceProviderConfig says so.',
  }),
  scimPatchAnswer: choice(['200', '204'], {
    explains: 'SCIM: a PATCH answers the resource, or nothing (both are in RFC 7644 3.5.2).',
  }),
  scimPatchOp: choice(['any-case', 'lower', 'capitalised'], {
    explains: 'SCIM: how "op" must be written: add, or Add.',
  }),
  scimActiveInPatch: choice(['boolean', 'either', 'text'], {
    explains: 'SCIM: "active" in a PATCH as true, as "True", or as either.',
  }),
  scimMembersPatch: choice(['one-by-one', 'replace-only'], {
    explains: 'SCIM: members in a PATCH can be added and removed, or only be replaced as a whole.',
  }),
  scimRemoveWithValue: choice(['removes-all', 'removes-those'], {
    explains: 'SCIM: remove with path members and a value; RFC 7644 knows no value there and removes all.',
  }),
  scimRemoveOfNothing: choice(['no-target', 'accepted'], {
    explains: 'SCIM: removing by a filter that finds nothing is 400 noTarget, or fine.',
  }),
  scimPut: choice(['replaces', 'merges'], {
    explains: 'SCIM: what a PUT does to attributes that it does not name.',
  }),
  scimEtags: choice(['present', 'absent'], {
    explains: 'SCIM: ETag, meta.version, If-Match and If-None-Match.',
  }),
  scimFilters: choice(['all', 'userName-eq', 'none', 'ignored'], {
    explains:
      'SCIM: filters; limited ones answer 400 invalidFilter to anything else, groups included; ignored ones show everything.',
  }),
  scimPageCap: amount(100, { explains: 'SCIM: most resources in one page, whatever count asks for.' }),
  scimPaging: choice(['index', 'cursor', 'both', 'stuck'], {
    explains:
      'SCIM: startIndex (RFC 7644), or nextCursor (RFC 9865); a stuck one shows the first page for ever.',
  }),
  scimUserNames: choice(['kept', 'lowered'], {
    explains: 'SCIM: whether the wiki stores userName in lower case.',
  }),
  scimDelete: choice(['removes', 'keeps-inactive'], {
    explains: 'SCIM: DELETE of an account answers 204 and removes it, or only makes it inactive.',
  }),
  scimGroupNames: choice(['free', 'unique'], {
    explains: 'SCIM: whether two groups may have one displayName; if not, the second is a duplicate.',
  }),
  scimDuplicate: choice(['409', '409-bare', '400'], {
    explains: 'SCIM: a name in use is 409 uniqueness, 409 without scimType, or a plain 400.',
  }),
  scimEmptyMembers: choice(['shown', 'omitted'], { explains: 'SCIM: members of an empty group.' }),
  scimUnknownAttributes: choice(['ignored', 'refused'], {
    explains: 'SCIM: attributes that no schema names: dropped, or 400.',
  }),
  scimMediaType: choice(['either', 'scim+json'], {
    explains: 'SCIM: bodies as application/json too, or as application/scim+json only (415).',
  }),
  scimMembersPerPatch: amount(0, {
    explains: 'SCIM: most members that one PATCH may name, else 413; 0 counts nothing.',
  }),
  scimListDelaySeconds: amount(0, {
    explains:
      'SCIM: how long a new account is missing from lists and searches; by its id it is there at once.',
  }),
  scimClientSecret: choice(['either', 'header', 'form'], {
    explains: 'SCIM: where /oauth/token looks for the client secret: Basic, the form, or both.',
  }),
  scimTokenSeconds: amount(3_600, { explains: 'SCIM: how long a token of /oauth/token lives.' }),
  scimQuota: amount(0, { explains: 'SCIM: requests in a minute before 429; 0 counts nothing.' }),
  scimRetryAfter: choice(['seconds', 'date', 'absent'], {
    explains: 'SCIM: how a 429 of the quota says when to come back.',
  }),
};
