import { addUser, changeUser, profileOf, userByUsername, usersByFederationId } from '../../users.ts';
import { badMail, isMailShaped } from '../field-values.ts';
import { type Problem, problem, readOnly } from '../problems.ts';
import type { Fields, Row } from '../records.ts';
import { isLicenceUsedUp } from '../seats.ts';
import { audit, good, type Rules, refused, type Writer } from '../writer.ts';
import { checkDeactivation, endAccess } from './deactivation.ts';
import { checkExternalUser } from './external-users.ts';

export const userRules: Rules = {
  create: (writer, fields) => {
    const all: Fields = { IsActive: true, ...fields };
    const why = checkNames(writer, all) ?? checkExternalUser(writer, all) ?? checkSeat(writer, all);
    return why ? refused(why) : good(all);
  },
  insert: (writer, fields) => {
    const user = addUser(writer.org.store, fields, writer.userId);
    audit(writer, 'createduser', `Created new user ${user.Username}`);
    return user;
  },
  update: (writer, before, fields) => {
    const after = { ...before, ...fields };
    const why =
      checkFixedNames(writer, before, fields) ??
      checkNames(writer, fields, before) ??
      checkExternalUser(writer, after) ??
      checkDeactivation(writer, before, fields);
    if (why) return refused(why);
    const needsSeat =
      after['IsActive'] === true &&
      (before['IsActive'] !== true || licenceOf(writer, after) !== licenceOf(writer, before));
    const full = needsSeat ? checkSeat(writer, after) : undefined;
    return full ? refused(full) : good(postponeMail(writer, before, fields));
  },
  change: (writer, before, fields) => {
    const user = changeUser(writer.org.store, before.Id, fields, writer.userId);
    if (fields['IsActive'] === false) endAccess(writer, user.Id);
    const what =
      fields['IsActive'] === undefined ? 'changeduser' : user.IsActive ? 'activateduser' : 'deactivateduser';
    audit(writer, what, `${Object.keys(fields).join(', ')} of user ${user.Username}`);
  },
  remove: ({ org: { switches } }) =>
    problem(switches.positions.deleteUserCode, 'entity type cannot be deleted: User', []),
};

function checkNames(writer: Writer, fields: Fields, self?: Row): Problem | undefined {
  const { Username, FederationIdentifier, CommunityNickname } = fields;
  // The field is there only while single sign-on uses it.
  const isShut = FederationIdentifier !== undefined && !writer.org.switches.positions.samlEnabled;
  if (isShut) return readOnly('FederationIdentifier');
  if (typeof Username === 'string') {
    if (!isMailShaped(Username)) return badMail('Username', Username);
    if (isTaken(writer, Username, self)) return DUPLICATE_USERNAME;
  }
  if (typeof FederationIdentifier === 'string' && isFederationIdTaken(writer, FederationIdentifier, self)) {
    const { duplicateCode } = writer.org.switches.positions;
    const words = 'duplicate value found: FederationIdentifier duplicates value on another user';
    return problem(duplicateCode, words, ['FederationIdentifier']);
  }
  const others = writer.org.store.records.find('User', 'CommunityNickname', String(CommunityNickname ?? ''));
  return others?.some(({ Id }) => Id !== self?.Id)
    ? problem('DUPLICATE_COMM_NICKNAME', 'Another user has this nickname already.', ['CommunityNickname'])
    : undefined;
}

const DUPLICATE_USERNAME = problem(
  'DUPLICATE_USERNAME',
  'Duplicate Username. The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations.',
  ['Username'],
);

/** In this organization or in any other of the world. */
function isTaken({ org: { store } }: Writer, username: string, self: Row | undefined): boolean {
  const user = userByUsername(store, username);
  return (user !== undefined && user.Id !== self?.Id) || store.takenElsewhere.has(username.toLowerCase());
}

function isFederationIdTaken({ org }: Writer, id: string, self: Row | undefined): boolean {
  const isSensitive = org.switches.positions.federationIdCase === 'sensitive';
  return usersByFederationId(org.store, id).some(
    (user) => user.Id !== self?.Id && (!isSensitive || user.FederationIdentifier === id),
  );
}

function checkFixedNames({ org }: Writer, before: Row, fields: Fields): Problem | undefined {
  const isFixed =
    org.switches.positions.federationIdChange === 'refused-after-sign-on' &&
    org.store.madeAtSignOn.has(before.Id);
  const changed = ['FederationIdentifier', 'Username'].filter(
    (name) => fields[name] !== undefined && fields[name] !== before[name],
  );
  return isFixed && changed.length > 0 ? readOnly(...changed) : undefined;
}

function licenceOf({ org }: Writer, user: Row): unknown {
  return profileOf(org.store, user)?.['UserLicenseId'];
}

function checkSeat({ org }: Writer, fields: Fields): Problem | undefined {
  const isFull = fields['IsActive'] === true && isLicenceUsedUp(org, String(fields['ProfileId']));
  return isFull ? problem('LICENSE_LIMIT_EXCEEDED', 'License Limit Exceeded', []) : undefined;
}

/** By switch, a new address waits until somebody clicks in a mail. */
function postponeMail({ org }: Writer, before: Row, fields: Fields): Fields {
  const { Email, ...rest } = fields;
  const waits = org.switches.positions.emailChange === 'needs-confirmation';
  if (typeof Email !== 'string' || Email === before['Email'] || !waits) return fields;
  const { unconfirmedMails, records } = org.store;
  unconfirmedMails.set(before.Id, Email);
  records.onUndo(() => unconfirmedMails.delete(before.Id));
  return rest;
}
