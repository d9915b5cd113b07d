import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { Fault } from '../frame/fault.ts';
import { type RunningSystem, resetSystem } from '../frame/running-system.ts';

const ClockSetting = z.strictObject({ offsetMs: z.int() });
const Faults = z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(Fault));
const Release = z.strictObject({ count: z.int().min(1).optional() }).default({});
const AtLeast = z.coerce.number().int().min(1).default(1);

type Handler = (system: RunningSystem, req: Request, res: Response) => void | Promise<void>;

/** Faults, switches, clock, actions, state and reset of one system: `/{what}/{system}`. */
export function systemRoutes(systems: readonly RunningSystem[]): Router {
  const router = express.Router();
  const forSystem =
    (handler: Handler) =>
    async (req: Request, res: Response): Promise<void> => {
      const id = req.params['system'];
      const system = systems.find((each) => each.id === id);
      if (system) await handler(system, req, res);
      else res.status(404).json({ error: `No system "${id}".`, systems: systems.map((each) => each.id) });
    };
  router.get('/systems', (_req, res) => {
    res.json(systems.map(({ id, title, hosts }) => ({ id, title, hosts })));
  });
  addFaultRoutes(router, forSystem);
  addSwitchRoutes(router, forSystem);
  router.post('/actions/:system/:action', forSystem(runAction));
  router.get(
    '/state/:system',
    forSystem((system, _req, res) => {
      res.json({ ...system.state(), calls: system.calls.list() });
    }),
  );
  router.post(
    '/reset/:system',
    forSystem((system, _req, res) => {
      resetSystem(system);
      res.json({ reset: true });
    }),
  );
  return router;
}

type ForSystem = (handler: Handler) => (req: Request, res: Response) => Promise<void>;

function addFaultRoutes(router: Router, forSystem: ForSystem): void {
  const show = (system: RunningSystem, res: Response): void => {
    res.json({ faults: system.faults.list(), held: system.faults.held() });
  };
  const path = '/faults/:system';
  router.get(
    path,
    forSystem((system, _req, res) => show(system, res)),
  );
  router.put(
    path,
    forSystem((system, req, res) => {
      system.faults.replace(Faults.parse(req.body));
      show(system, res);
    }),
  );
  router.post(
    path,
    forSystem((system, req, res) => {
      for (const fault of Faults.parse(req.body)) system.faults.add(fault);
      show(system, res);
    }),
  );
  router.delete(
    path,
    forSystem((system, _req, res) => {
      system.faults.clear();
      show(system, res);
    }),
  );
  router.post(
    `${path}/release`,
    forSystem((system, req, res) => {
      res.json({ released: system.faults.release(Release.parse(req.body).count) });
    }),
  );
  router.get(
    `${path}/held`,
    forSystem(async (system, req, res) => {
      await system.faults.untilHeld(AtLeast.parse(req.query['atLeast']));
      show(system, res);
    }),
  );
}

function addSwitchRoutes(router: Router, forSystem: ForSystem): void {
  router.get(
    '/switches/:system',
    forSystem((system, _req, res) => {
      res.json(system.switches.describe());
    }),
  );
  router.put(
    '/switches/:system',
    forSystem((system, req, res) => {
      const result = system.switches.set(req.body);
      if (result.outcome === 'refused') res.status(400).json({ error: result.problem });
      else res.json(system.switches.describe());
    }),
  );
  router.delete(
    '/switches/:system',
    forSystem((system, _req, res) => {
      system.switches.reset();
      res.json(system.switches.describe());
    }),
  );
  router.put(
    '/clock/:system',
    forSystem((system, req, res) => {
      system.clock.offsetMs = ClockSetting.parse(req.body).offsetMs;
      res.json({ offsetMs: system.clock.offsetMs, now: system.clock.now().toISOString() });
    }),
  );
  router.get(
    '/clock/:system',
    forSystem((system, _req, res) => {
      res.json({ offsetMs: system.clock.offsetMs, now: system.clock.now().toISOString() });
    }),
  );
  router.delete(
    '/clock/:system',
    forSystem((system, _req, res) => {
      system.clock.offsetMs = 0;
      res.json({ offsetMs: 0, now: system.clock.now().toISOString() });
    }),
  );
}

const runAction: Handler = async (system, req, res) => {
  const actions = system.actions ?? {};
  const name = String(req.params['action']);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) {
    res.status(404).json({ error: `"${system.id}" has no action "${name}".`, actions: Object.keys(actions) });
    return;
  }
  res.json((await action.run(req.body)) ?? {});
};
