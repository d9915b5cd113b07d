import express, { type Express } from 'express';
import { VestibuleError } from '../../base/index.ts';
import type { Metrics } from '../metrics/index.ts';

/** A part the broker cannot work without, with its proof of life. */
export type Dependency = { readonly name: string; readonly ping: () => Promise<void> };

export type ManagementOptions = {
  readonly metrics: Metrics;
  readonly dependencies: readonly Dependency[];
  /** True once everything is open and served. */
  readonly isStarted: () => boolean;
};

/**
 * Health and metrics, on a port of their own (R8.5). `ready` names each dependency; targets and upstreams are not
 * among them, because a store that is down must never take the broker down.
 */
export function createManagementApp(options: ManagementOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health/live', (_req, res) => void res.json({ status: 'ok' }));
  app.get('/health/started', (_req, res) => {
    const started = options.isStarted();
    res.status(started ? 200 : 503).json({ status: started ? 'ok' : 'starting' });
  });
  app.get('/health/ready', async (_req, res) => {
    const states = await Promise.all(options.dependencies.map(stateOf));
    const ready = options.isStarted() && states.every(({ status }) => status === 'ok');
    res.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'not ready', dependencies: states });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(options.metrics.contentType).send(await options.metrics.render());
  });
  return app;
}

async function stateOf({ name, ping }: Dependency): Promise<{ name: string; status: string; code?: string }> {
  try {
    await ping();
    return { name, status: 'ok' };
  } catch (error) {
    return { name, status: 'failed', code: error instanceof VestibuleError ? error.code : 'unknown' };
  }
}
