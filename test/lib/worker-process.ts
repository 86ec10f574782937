/**
 * `brigade worker` as a process of its own, beside a service: of another host, as far as it knows.
 * It ends with the test, however that ends: its standard input closes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { TestService } from './service.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
const BRIGADE = join(REPOSITORY, 'bin/brigade.js');

export interface TestWorker {
  readonly name: string;
  readonly pid: number;
  kill9(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  logs(): string;
}

/** `env`: BRIGADE_* settings. Resolves when it works. */
export async function startWorker(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<TestWorker> {
  const own = Object.entries(process.env).filter(([key]) => !/^(BRIGADE|AWS)_/.test(key));
  const child = spawn(NODE, [BRIGADE, 'worker'], {
    env: { ...Object.fromEntries(own), ...env, BRIGADE_SUPERVISED_AS: name },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const works = once(child.stdout.setEncoding('utf8'), 'data');
  const exited = once(child, 'exit');
  await Promise.race([
    works,
    exited.then(() => {
      throw new Error(`The worker did not start:\n${printed}`);
    }),
  ]);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    name,
    pid: child.pid ?? 0,
    kill9: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    logs: () => printed,
  };
}

/** A worker as /health shows it. */
export interface ShownWorker {
  readonly name: string;
  readonly pid: number;
  readonly inFlight: number;
  readonly limit: number;
  readonly rate: number;
}

export async function shownWorkers({ url }: TestService): Promise<readonly ShownWorker[]> {
  const answer = await fetch(`${url}/health`);
  // The shape is what the tests that use it assert.
  return ((await answer.json()) as { workers: readonly ShownWorker[] }).workers;
}

/** Whether a process runs; one that has ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
