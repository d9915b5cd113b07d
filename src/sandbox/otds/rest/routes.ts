import express, { type Request, type Response, type Router } from 'express';
import type { DirectoryPerson } from '../../cast.ts';
import { GROUPS } from '../../cast.ts';
import type { Otds } from '../server.ts';
import { groupEntry, present, userEntry, userIdOf } from './entries.ts';
import { sendPage } from './listing.ts';
import { callerOf, issueTicket, requireReader, sendRestError } from './tickets.ts';

/** `/rest`: tickets, and reading users, groups and partitions. */
export function restRoutes(otds: Otds): Router {
  const router = express.Router();
  router.post('/authentication/credentials', (req, res) => issueTicket(otds, req, res));
  router.get('/currentuser', (req, res) => sendCurrentUser(otds, req, res));
  router.get('/systemconfig/version', (_req, res) => {
    res.json({ version: '24.4.0' });
  });
  router.use(requireReader(otds));
  addUserRoutes(router, otds);
  addGroupRoutes(router, otds);
  router.get('/partitions', (_req, res) => {
    const names = [...new Set(otds.needs.people.all().map(({ partition }) => partition))];
    res.json({ partitions: names.map((name) => ({ name, description: '' })) });
  });
  router.use((_req, res) => sendRestError(res, 404, 'Not found'));
  return router;
}

const wantsKeys = (req: Request): boolean => req.query['attrsAsKeys'] === 'true';

function addUserRoutes(router: Router, otds: Otds): void {
  router.get('/users', (req, res) => {
    const entries = otds.needs.people.all().map((person) => userEntry(otds, person));
    sendPage(otds, req, res, 'users', entries);
  });
  router.get('/users/:id', (req, res) => {
    const person = findUser(otds, req.params.id);
    if (person) res.json(present(userEntry(otds, person), wantsKeys(req)));
    else sendRestError(res, 404, `User not found: ${req.params.id}`);
  });
  router.get('/users/:id/memberof', (req, res) => {
    const person = findUser(otds, req.params.id);
    if (person) {
      const groups = person.groups.map((group) => present(groupEntry(otds, group), wantsKeys(req)));
      res.json({ groups });
    } else {
      sendRestError(res, 404, `User not found: ${req.params.id}`);
    }
  });
}

function addGroupRoutes(router: Router, otds: Otds): void {
  const names = (): string[] => [
    ...new Set([...GROUPS, ...otds.needs.people.all().flatMap(({ groups }) => groups)]),
  ];
  router.get('/groups', (req, res) => {
    sendPage(
      otds,
      req,
      res,
      'groups',
      names().map((group) => groupEntry(otds, group)),
    );
  });
  router.get('/groups/:id', (req, res) => {
    if (names().includes(req.params.id)) {
      res.json(present(groupEntry(otds, req.params.id), wantsKeys(req)));
    } else {
      sendRestError(res, 404, `Group not found: ${req.params.id}`);
    }
  });
  router.get('/groups/:id/members', (req, res) => {
    const members = otds.needs.people.all().filter(({ groups }) => groups.includes(req.params.id));
    res.json({ users: members.map((person) => present(userEntry(otds, person), wantsKeys(req))) });
  });
}

/** By `login@partition` (a bare login if it has an `@`), uuid or location; logins without regard to case. */
function findUser(otds: Otds, id: string): DirectoryPerson | undefined {
  const wanted = id.toLowerCase();
  return otds.needs.people
    .all()
    .find((person) =>
      [userIdOf(person).toLowerCase(), person.uuid, userEntry(otds, person).location.toLowerCase()].includes(
        wanted,
      ),
    );
}

function sendCurrentUser(otds: Otds, req: Request, res: Response): void {
  const caller = callerOf(otds, req);
  if (caller === undefined) {
    sendRestError(res, 401, 'Authentication required');
    return;
  }
  const person = findUser(otds, caller);
  const isClient = caller.endsWith('@OAuthClients');
  res.json({
    user: person ? present(userEntry(otds, person), wantsKeys(req)) : { id: caller, name: caller },
    isAdmin: isClient,
    isSysAdmin: false,
  });
}
