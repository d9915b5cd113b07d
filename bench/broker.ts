import { ConfigFile, checkConfiguration, expand, type RunningApp, serve } from '../src/app/index.ts';
import { systemClock } from '../src/base/index.ts';
import { parseConfig, readEnvironment } from '../src/platform/config/index.ts';
import { createLog } from '../src/platform/log/index.ts';
import { startLoopDelay, stopLoopDelay } from './loop-delay.ts';
import type { Answer, Question } from './messages.ts';
import { startProfile, stopProfile } from './profile.ts';

/**
 * The broker in a process of its own, so that its CPU is nobody else's: as `vestibule serve` runs it, with its log,
 * and with an ear for the bench.
 */
let app: RunningApp | undefined;

process.on('message', (question: Question) => {
  answer(question).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ problem: String(error) } satisfies Answer),
  );
});
// Ctrl-C reaches every process of the terminal; the bench decides when its broker ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => {
  void Promise.resolve(app?.[Symbol.asyncDispose]()).finally(() => process.exit());
});

async function answer(question: Question): Promise<Answer> {
  switch (question.ask) {
    case 'cpu':
      return { cpu: process.cpuUsage() };
    case 'start':
      await start(question);
      return {};
    case 'start-profile':
      await startProfile();
      return {};
    case 'stop-profile':
      return { profile: await stopProfile() };
    case 'start-loop':
      startLoopDelay();
      return {};
    case 'stop-loop':
      return { loop: stopLoopDelay() };
  }
}

async function start({ config, folder, variables }: Question & { ask: 'start' }): Promise<void> {
  const env = readEnvironment(variables);
  app = await serve({
    ...{ env, variables, clock: systemClock, role: 'all', log: createLog(env.logLevel) },
    config: expand(parseConfig(config, folder, ConfigFile, checkConfiguration)),
  });
}
