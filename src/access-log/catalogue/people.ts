import { refused, success } from './define.ts';

type Values = { readonly [attribute: string]: string | number | boolean | null | readonly string[] };

/** People, their identities, and the access grants given to them. `by` is a person id, a connection or `rule`. */
export const peopleEvents = {
  personCreated: success<
    { readonly source: string; readonly identity?: string },
    { readonly values?: Values; readonly subject?: string }
  >('person.created'),

  /** Names of what changed in clear, values sealed. */
  personChanged: success<
    { readonly source: string; readonly fields: readonly string[] },
    { readonly before?: Values; readonly after?: Values }
  >('person.changed'),

  personDisabled: success<{ readonly source: string; readonly reason: string }>('person.disabled'),

  personEnabled: success<{ readonly source: string; readonly reason?: string }>('person.enabled'),

  /** Another identity became this person's: by a declared shared attribute or an admin's act (R1.1). */
  personLinked: success<{ readonly identity: string; readonly by: string }, { readonly subject?: string }>(
    'person.linked',
  ),

  /** A known login or mail came with another subject, or several people matched (R1.2). */
  personAmbiguous: refused<{ readonly reason: string; readonly task?: string }, { readonly login?: string }>(
    'person.ambiguous',
  ),

  /** All access of a person was ended at once (R3.5). */
  personAccessEnded: success<{
    readonly by: string;
    readonly reason: string;
    readonly sessions: number;
    readonly grants: number;
  }>('person.access_ended'),

  /** An administrator let the person bear a name at an application that somebody else bore, or might have. */
  nameGiven: success<{ readonly by: string; readonly former?: string }, { readonly name?: string }>(
    'name.given',
  ),

  /** The key is destroyed: every sealed value about the person is unreadable from here on. */
  personErased: success<{ readonly by: string; readonly reason?: string }>('person.erased'),

  grantRequested: success<
    {
      readonly grant: string;
      readonly roles: readonly string[];
      readonly notBefore?: string;
      readonly notAfter?: string;
    },
    { readonly reason?: string }
  >('grant.requested'),

  grantApproved: success<
    { readonly grant: string; readonly by: string; readonly notBefore: string; readonly notAfter?: string },
    { readonly comment?: string }
  >('grant.approved'),

  grantRejected: refused<{ readonly grant: string; readonly by: string }, { readonly comment?: string }>(
    'grant.rejected',
  ),

  grantEnded: success<{
    readonly grant: string;
    readonly by: string;
    readonly reason: 'end' | 'revoked' | 'sponsor left' | 'review' | 'person ended';
  }>('grant.ended'),
};
