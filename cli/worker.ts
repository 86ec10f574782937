/** `brigade worker`: works until it is told to stop, or until whoever watches over it is gone. */
import { toldByParent, toldToStop } from './signals.ts';
import type { Commands } from './service.ts';

export async function runWorker(commands: Commands): Promise<number> {
  process.stdout.on('error', () => undefined);
  const worker = await commands.work();
  process.stdout.write(`Working as ${worker.name}.\n`);
  await (worker.isSupervised ? toldByParent() : toldToStop());
  await worker.stop();
  return 0;
}
