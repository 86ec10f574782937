/** The sandbox on a thread of its own: its work does not stand in the way of the API's and engine's. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { KeyPair } from './config.ts';

interface SandboxOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly region: string;
  readonly credentials: readonly (KeyPair & { readonly accountId: string })[];
}

export interface RunningSandbox {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startSandboxThread(options: SandboxOptions): Promise<RunningSandbox> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  // What the thread posts first is its URL; an error rejects.
  const [url] = (await once(worker, 'message')) as [string];
  return {
    url,
    async stop() {
      const exited = once(worker, 'exit');
      worker.postMessage('stop');
      await exited;
    },
  };
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  // Loaded here only: the main thread has no use for it.
  const { startSandbox } = await import('../../sandbox/index.ts');
  // Handed over by `startSandboxThread`.
  const sandbox = await startSandbox(workerData as SandboxOptions);
  port.postMessage(sandbox.url);
  port.once('message', (message) => {
    assert(message === 'stop', 'The sandbox thread got a message it does not know.');
    void sandbox.close().then(() => port.close());
  });
}
