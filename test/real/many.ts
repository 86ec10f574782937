/** A thousand of something, several at a time. */
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { JobRequest } from '../../src/model/job.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import type { OperationName } from '../../src/model/vocabulary.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import { placeOn } from '../operations/place.ts';

export const THOUSAND = 1000;
const LANES = 32;

export async function each<Item>(
  items: readonly Item[],
  act: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      // True: the index is below the length.
      await act(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Opens the operation of a job once and runs it on every task, as a worker does. */
export async function runAll(
  request: JobRequest,
  tasks: readonly Task[],
  s3: S3,
): Promise<readonly Outcome[]> {
  // True: a JobOperation's members are the names of the operations.
  const name = Object.keys(request.Operation ?? {})[0] as OperationName;
  const place = placeOn(s3, {
    bucket: tasks[0]?.bucket ?? '',
    clock: systemClock,
    random: systemRandom,
  });
  const { signal } = new AbortController();
  const opened = await OPERATIONS[name].open(request, place, signal);
  if (!opened.ok) throw new Error(opened.reason);
  const outcomes: Outcome[] = [];
  await each(tasks, async (task, index) => {
    outcomes[index] = await opened.run(task, signal);
  });
  return outcomes;
}

/** How many there are of each kind of outcome: `Successful`, or a code. */
export function tally(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const kind = outcome.ok ? outcome.message : outcome.code;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Keys that need encoding, each of its own. */
export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `dir ${i % 7}/ü+${i}`);
}
