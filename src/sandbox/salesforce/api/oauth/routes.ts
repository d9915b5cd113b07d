import express, { type Express } from 'express';
import type { Salesforce } from '../../server.ts';
import { introspectToken } from './introspect.ts';
import { revokeToken } from './revoke.ts';
import { issueToken } from './token.ts';
import { showIdentity } from './userinfo.ts';

export function addOAuth(app: Express, org: Salesforce): void {
  const form = express.urlencoded({ extended: false, limit: '100kb' });
  app.post('/services/oauth2/token', form, (req, res) => issueToken(org, req, res));
  app.post('/services/oauth2/revoke', form, (req, res) => revokeToken(org, req, res));
  app.post('/services/oauth2/introspect', form, (req, res) => introspectToken(org, req, res));
  app.get('/services/oauth2/userinfo', (req, res) => showIdentity(org, req, res));
  app.get('/id/:organization/:user', (req, res) => showIdentity(org, req, res));
}
