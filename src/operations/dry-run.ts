/** What a job with the option `dry-run` does instead of its operation: each row tells what it would meet. */
import { headFunction } from './functions/head.ts';
import type { Opened, Place } from './operation.ts';
import { onObjects } from './task.ts';

export async function openDryRun(place: Place, signal: AbortSignal): Promise<Opened> {
  const opened = await headFunction.open(new Map(), place, signal);
  return opened.ok ? { ...opened, run: onObjects(opened.run) } : opened;
}
