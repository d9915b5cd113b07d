import type { Salesforce } from '../../server.ts';
import type { WebSession } from '../../store.ts';
import { flag, moment, reference, text, whole } from '../fields.ts';
import { apiTime } from '../ids.ts';
import { objectType } from '../object-type.ts';
import type { Row } from '../records.ts';

const HISTORY_DAYS = 183;

export const loginHistory = objectType({
  name: 'LoginHistory',
  label: 'Login History',
  hasSystemFields: false,
  fields: [
    reference('UserId', 'User', ''),
    moment('LoginTime', 'r'),
    text('LoginType', 40, ''),
    // Filter at the client: the product does not allow it in WHERE.
    text('Status', 128, 'x'),
    text('SourceIp', 39, ''),
    text('LoginUrl', 80, 'x'),
    text('Application', 80, 'x'),
    text('AuthenticationServiceId', 18, ''),
    text('AuthMethodReference', 255, 'x'),
    text('AuthContextClassRef', 255, 'x'),
    text('Browser', 64, 'x'),
    text('Platform', 64, 'x'),
  ],
  // Six months are kept, and nobody gets the rest back.
  virtual: ({ store, needs }) => {
    const oldest = new Date(needs.clock.now().getTime() - HISTORY_DAYS * 86_400_000).toISOString();
    const kept = store.history.filter(({ LoginTime }) => LoginTime >= oldest);
    return kept.map(({ note: _note, LoginTime, ...row }) => ({
      ...row,
      LoginTime: LoginTime.replace('Z', '+0000'),
    }));
  },
});

export const authSession = objectType({
  name: 'AuthSession',
  label: 'Auth Session',
  may: 'd',
  hasSystemFields: false,
  fields: [
    reference('UsersId', 'User', '', 'Users'),
    moment('CreatedDate', 'r'),
    moment('LastModifiedDate', 'r'),
    whole('NumSecondsValid', 'r'),
    text('UserType', 40, 'r'),
    text('SourceIp', 39, 'r'),
    text('LoginType', 40, ''),
    text('SessionType', 40, ''),
    text('SessionSecurityLevel', 40, ''),
    reference('LoginHistoryId', 'LoginHistory', ''),
    flag('IsCurrent', ''),
  ],
  virtual: (org) => [...webSessions(org), ...apiSessions(org)],
});

function webSessions(org: Salesforce): readonly Row[] {
  const live = [...org.store.sessions.values()].filter(({ ends }) => ends > org.needs.clock.now());
  return live.map((session) =>
    sessionRow(org, {
      ...{ id: session.recordId, userId: session.userId, created: session.created, ends: session.ends },
      ...{ loginType: loginTypeOf(session), sessionType: 'UI' },
    }),
  );
}

function loginTypeOf({ sessionIndex }: WebSession): string {
  return sessionIndex === undefined ? 'SAML Idp Initiated SSO' : 'SAML Sfdc Initiated SSO';
}

function apiSessions(org: Salesforce): readonly Row[] {
  const live = [...org.store.tokens.values()].filter(({ ends }) => ends > org.needs.clock.now());
  return live.map((token) =>
    sessionRow(org, {
      ...{ id: token.recordId, userId: token.userId, created: token.created, ends: token.ends },
      ...{ loginType: 'Remote Access 2.0', sessionType: 'API' },
    }),
  );
}

function sessionRow(
  org: Salesforce,
  of: {
    readonly id: string;
    readonly userId: string;
    readonly created: Date;
    readonly ends: Date;
    readonly loginType: string;
    readonly sessionType: string;
  },
): Row {
  return {
    Id: of.id,
    UsersId: of.userId,
    CreatedDate: apiTime(of.created),
    LastModifiedDate: apiTime(of.created),
    NumSecondsValid: Math.max(0, Math.round((of.ends.getTime() - of.created.getTime()) / 1_000)),
    UserType: org.store.records.get('User', of.userId)?.['UserType'] ?? 'Standard',
    SourceIp: '127.0.0.1',
    LoginType: of.loginType,
    SessionType: of.sessionType,
    SessionSecurityLevel: 'STANDARD',
    LoginHistoryId: null,
    IsCurrent: false,
  };
}

export const oauthToken = objectType({
  name: 'OauthToken',
  label: 'OAuth Token',
  may: 'd',
  hasSystemFields: false,
  fields: [
    reference('UserId', 'User', ''),
    text('AppName', 80, ''),
    text('AccessToken', 255, 'x'),
    // What POST /services/oauth2/revoke takes; the token itself is never shown.
    text('DeleteToken', 255, 'x'),
    moment('CreatedDate', ''),
    moment('LastUsedDate', ''),
    whole('UseCount', ''),
  ],
});

export const setupAuditTrail = objectType({
  name: 'SetupAuditTrail',
  label: 'Setup Audit Trail Entry',
  hasSystemFields: false,
  fields: [
    text('Action', 128, ''),
    text('Section', 255, ''),
    text('Display', 1333, 'x'),
    text('DelegateUser', 255, ''),
    moment('CreatedDate', 'r'),
    reference('CreatedById', 'User', ''),
  ],
});
