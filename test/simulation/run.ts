/**
 * `npm run sim`: thousands of worlds, on all processors.
 *
 *   npm run sim -- --worlds 5000 --minutes 10     until either is reached (1,000 worlds without both)
 *   npm run sim -- --seed 42                      one world; with --worlds, those that follow it too
 *
 * A world that fails is printed with the command that runs it again; the exit code is then 1. A world
 * that takes longer than WORLD_MS_MAX of real time is hanging, and counts as failed.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Tally } from './tally.ts';
import { runWorld, type Story } from './world.ts';

const WORLD_MS_MAX = 120_000;
const WORLDS = 1000;
const PROGRESS_MS = 5000;
/** More would tell nothing new. */
const FAILURES_MAX = 20;

type Answer =
  | { readonly seed: number; readonly story: Story }
  | { readonly seed: number; readonly error: string };

if (isMainThread) await runAll();
else runWhatIsAsked();

function runWhatIsAsked(): void {
  parentPort?.on('message', (seed: number) => {
    runWorld(seed).then(
      (story) => parentPort?.postMessage({ seed, story } satisfies Answer),
      (error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        parentPort?.postMessage({ seed, error: text } satisfies Answer);
      },
    );
  });
}

async function runAll(): Promise<void> {
  const { first, count, endsAt } = readArguments();
  const tally = new Tally();
  const startedAt = performance.now();
  let next = first;
  let failures = 0;
  const failed = (seed: number, what: string): void => {
    failures += 1;
    print(`World ${seed} fails:\n${what}\nAgain: npm run sim -- --seed ${seed}\n`);
  };
  const progress = (): void => {
    const rate = (tally.worlds * 1000) / (performance.now() - startedAt);
    print(`${failures} failed, ${rate.toFixed(1)} worlds/s, ${tally.toString()}`);
  };
  const printing = setInterval(progress, PROGRESS_MS);
  const lane = async (): Promise<void> => {
    let worker: Worker | undefined;
    while (next < first + count && performance.now() < endsAt && failures < FAILURES_MAX) {
      worker ??= new Worker(new URL(import.meta.url));
      const seed = next++;
      const answer = await ask(worker, seed);
      if ('story' in answer) tally.add(answer.story);
      else failed(seed, answer.error);
      if (answer.isBroken) {
        await worker.terminate();
        worker = undefined;
      }
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, lane));
  clearInterval(printing);
  progress();
  process.exitCode = failures > 0 || tally.worlds === 0 ? 1 : 0;
}

/** `isBroken`: the worker cannot be asked again. */
async function ask(worker: Worker, seed: number): Promise<Answer & { readonly isBroken?: true }> {
  worker.postMessage(seed);
  try {
    // An error of the worker itself rejects as well.
    const [answer] = (await once(worker, 'message', {
      signal: AbortSignal.timeout(WORLD_MS_MAX),
    })) as [Answer];
    return answer;
  } catch (error) {
    return { seed, error: `It did not end: ${String(error)}`, isBroken: true };
  }
}

function readArguments(): { first: number; count: number; endsAt: number } {
  const { values } = parseArgs({
    options: { worlds: { type: 'string' }, minutes: { type: 'string' }, seed: { type: 'string' } },
  });
  const number = (name: keyof typeof values): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`--${name} must be a number, and is ${text}.`);
    return Number(text);
  };
  const seed = number('seed');
  const minutes = number('minutes');
  const many = minutes === undefined ? WORLDS : Infinity;
  return {
    first: seed ?? Math.floor(Math.random() * 1e9),
    count: number('worlds') ?? (seed === undefined ? many : 1),
    endsAt: minutes === undefined ? Infinity : performance.now() + minutes * 60_000,
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
