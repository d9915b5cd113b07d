import type { RequestListener } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { ZodError, z } from 'zod';
import type { BrokerInput } from '../frame/broker.ts';
import { ActionRefused } from '../frame/system.ts';
import type { ControlNeeds } from './needs.ts';
import { peopleRoutes } from './people-routes.ts';
import { CONTROL_SCRIPT } from './script.ts';
import { startPage } from './start-page.ts';
import { systemRoutes } from './system-routes.ts';

/**
 * The control API at `sandbox.localhost`: JSON in, JSON out, every mistake a 400 that says what is wrong.
 * Its start page explains systems, people, faults and switches.
 */
export function createControl(needs: ControlNeeds): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(refuseOtherSites);
  app.use(express.json({ limit: '1mb' }));
  app.get('/', (_req, res) => {
    res.type('html').send(startPage(needs));
  });
  app.get('/control.js', (_req, res) => {
    res.type('text/javascript').send(CONTROL_SCRIPT);
  });
  app.use(systemRoutes(needs.systems));
  app.use(peopleRoutes(needs.people));
  app.get('/broker', (_req, res) => {
    res.json(needs.broker());
  });
  app.put('/broker', (req, res) => {
    needs.registerBroker(req.body as BrokerInput);
    res.json(needs.broker());
  });
  app.post('/reset', (_req, res) => {
    needs.reset();
    res.json({ reset: true });
  });
  app.use((req: Request, res: Response) => {
    res.status(404).json({ error: `There is no ${req.method} ${req.path}. GET / explains what there is.` });
  });
  app.use(answerMistakes);
  return app;
}

/** A page of another site must not steer the sandbox through a visitor's browser. */
function refuseOtherSites(req: Request, res: Response, next: NextFunction): void {
  const site = req.get('sec-fetch-site');
  if (req.method !== 'GET' && (site === 'cross-site' || site === 'same-site')) {
    res.status(403).json({ error: 'The control API takes no changes from pages of other sites.' });
    return;
  }
  next();
}

function answerMistakes(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  if (error instanceof ZodError) {
    res.status(400).json({ error: z.prettifyError(error) });
  } else if (error instanceof ActionRefused) {
    res.status(400).json({ error: error.message });
  } else if (error instanceof SyntaxError) {
    res.status(400).json({ error: 'The body is not valid JSON.' });
  } else {
    next(error);
  }
}
