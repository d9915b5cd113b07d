import express, { type Router } from 'express';
import { NewPerson, type People, PersonChange } from '../people.ts';

/** The directory of the demo world: what happens to people between two sign-ins. */
export function peopleRoutes(people: People): Router {
  const router = express.Router();
  router.get('/people', (_req, res) => {
    res.json(people.all());
  });
  router.post('/people', (req, res) => {
    const person = NewPerson.parse(req.body);
    const name = `${person.login}@${person.partition ?? 'staff'}`;
    // The same login in two partitions is allowed: real directories have that, and it causes trouble.
    if (people.all().some(({ login, partition }) => `${login}@${partition}` === name)) {
      res.status(409).json({ error: `There is a person "${name}" already.` });
      return;
    }
    res.status(201).json(people.add(person));
  });
  router.get('/people/:login', (req, res) => {
    const person = people.find(req.params.login);
    if (person) res.json(person);
    else res.status(404).json({ error: `No person "${req.params.login}".` });
  });
  router.patch('/people/:login', (req, res) => {
    const person = people.change(req.params.login, PersonChange.parse(req.body));
    if (person) res.json(person);
    else res.status(404).json({ error: `No person "${req.params.login}".` });
  });
  router.delete('/people/:login', (req, res) => {
    if (people.remove(req.params.login)) res.status(204).end();
    else res.status(404).json({ error: `No person "${req.params.login}".` });
  });
  return router;
}
