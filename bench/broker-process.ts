import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, LoopDelay, Question, SelfTime } from './messages.ts';
import { cpuMs } from './yardstick.ts';

/** The broker's process, as the bench sees it. Disposing ends it in order. */
export type BrokerProcess = AsyncDisposable & {
  /** CPU of all its threads since it began, in milliseconds. Asking costs it about 0.1 ms. */
  cpuMs(): Promise<number>;
  /** Samples its main thread while `work` runs. */
  profile(work: () => Promise<void>): Promise<readonly SelfTime[]>;
  /** How late its event loop is while `work` runs. */
  loopDelay(work: () => Promise<void>): Promise<LoopDelay>;
  /** The last errors of its log, for when a visit fails. */
  complaints(): string;
};

const PROGRAM = join(import.meta.dirname, 'broker.ts');

/** Starts the broker and resolves when it listens. Its log goes to a file, as in production. */
export async function startBroker(start: Question & { ask: 'start' }): Promise<BrokerProcess> {
  const logFile = join(start.folder, 'broker.log');
  const output = openSync(logFile, 'a');
  const child = fork(PROGRAM, { stdio: ['ignore', output, output, 'ipc'], execArgv: [] });
  closeSync(output);
  const ask = (question: Question): Promise<Answer> => exchange(child, question);
  const complaints = (): string =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => /"level":("error"|"warn"|[456]0)/.test(line))
      .slice(-5)
      .join('\n');
  await ask(start).catch(async (error: unknown) => {
    await end(child);
    throw new Error(`the broker did not start: ${String(error)}\n${complaints()}`);
  });
  return {
    cpuMs: async () => cpuMs((await ask({ ask: 'cpu' })).cpu ?? { user: 0, system: 0 }),
    profile: async (work) => {
      await ask({ ask: 'start-profile' });
      await work();
      return (await ask({ ask: 'stop-profile' })).profile ?? [];
    },
    loopDelay: async (work) => {
      await ask({ ask: 'start-loop' });
      await work();
      const { loop } = await ask({ ask: 'stop-loop' });
      if (!loop) throw new Error('the broker did not say how late it was');
      return loop;
    },
    complaints,
    [Symbol.asyncDispose]: () => end(child),
  };
}

function exchange(child: ChildProcess, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit);
      const answer = message as Answer;
      if (answer.problem === undefined) resolve(answer);
      else reject(new Error(answer.problem));
    };
    const onExit = (code: number | null): void => {
      child.off('message', onMessage);
      reject(new Error(`the broker ended with code ${code}`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
    child.send(question);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  await ended;
}
