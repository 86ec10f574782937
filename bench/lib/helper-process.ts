/** A server of bench/lib in a process of its own, so that it is nobody's CPU time; it ends with its parent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../test/lib/service.ts';

export interface HelperProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** `program` is started with `args` and a port, prints a line when it listens, and ends with its input. */
export async function startHelper(
  program: string,
  args: readonly string[],
): Promise<HelperProcess> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, program), ...args, String(port)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => {
      throw new Error(`${program} ended with ${child.exitCode} before it listened.`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
