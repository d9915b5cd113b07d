import type { Request, Response } from 'express';
import type { Salesforce } from '../../server.ts';
import { userById } from '../../users.ts';
import { sessionOf } from '../access.ts';
import { sendJson } from './answers.ts';

/** `/services/oauth2/userinfo` and the address in `id`: whose token this is. */
export function showIdentity(org: Salesforce, req: Request, res: Response): void {
  const session = sessionOf(org, req.get('authorization'));
  const user = session && userById(org.store, session.userId);
  if (!user || org.switches.positions.userInfo === 'needs-openid') {
    res.status(403).type('text').send('Bad_OAuth_Token');
    return;
  }
  sendJson(res, 200, {
    ...{ user_id: user.Id, organization_id: org.store.organizationId, username: user.Username },
    ...{ display_name: user['Name'], email: user.Email, active: user.IsActive },
    user_type: String(user['UserType']).toUpperCase(),
  });
}
